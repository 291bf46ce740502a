import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { type Person, statusWords } from '../accounts/index.ts'
import { presentGroup } from './glances.ts'

/** Somebody who is here is shown otherwise than before: their name, their picture or their status is another one. */
export const PersonFrame = Type.Object({
  type: Type.Literal('person'),
  sender: Type.String({ description: 'a username' }),
  sender_name: Type.Optional(Type.String({ description: 'their name, if it is not the username' })),
  sender_picture: Type.Optional(Type.String({ description: 'the version of their picture' })),
  status: Type.Optional(Type.String({ description: 'an emoji, a text, or both with a space between them' })),
})
export type PersonFrame = Static<typeof PersonFrame>

/** Tells people in a room of this process when the name, picture or status of somebody in it changes, in any process. */
export function tellOfPeople({ changedPeople, presence, rooms }: FastifyInstance): void {
  changedPeople.listen((person) => {
    if (!person.deactivated)
      rooms.attendance.tell(personFrame(person), (room) => presence.has(presentGroup(room), person.name))
  })
}

function personFrame({ displayName, name, picture, status }: Person): PersonFrame {
  const words = statusWords(status)
  return {
    type: 'person',
    sender: name,
    ...(displayName ? { sender_name: displayName } : {}),
    ...(picture ? { sender_picture: picture } : {}),
    ...(words === undefined ? {} : { status: words }),
  }
}
