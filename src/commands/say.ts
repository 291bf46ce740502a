/** `echo text | bin/partyline say ROOM [--as NAME]`: says something in a room. */
import type { FastifyInstance } from 'fastify'
import { findPerson, INSTALLATION, installationBot, type Person } from '../accounts/index.ts'
import { recordAudit, SHELL } from '../audit/index.ts'
import { FrameError } from '../channels/index.ts'
import { checkMessage } from '../chat/index.ts'
import { administeredRoom, findRoom, may, roomNamed } from '../rooms/index.ts'
import { readStandardInput } from './standard-input.ts'

/** Thrown where nothing is said, with a sentence for the person who typed the command. */
class SayError extends Error {}

const DIRECT_ROOM = { kind: 'direct', name: 'a direct room' } as const

/**
 * Says what comes on standard input. A running server shows it within seconds, at once where both have a `REDIS_URL`.
 * @param as the username of the sender; the installation itself where it is left out
 * @returns the exit code: 1 when nothing is said
 */
export async function say(room: string, as: string | undefined): Promise<number> {
  const text = await readStandardInput()
  try {
    const { message } = checkMessage({ message: text })
    // A message that cannot be sent is refused without starting the application.
    const { withApplication } = await import('./application.ts')
    await withApplication(async (app) => {
      const person = await speakerOf(app, as)
      const id = await roomFor(app, room, as, person)
      await app.chat.writer.post(id, person, message)
      // A direct room is called by who is in it.
      const { kind, name } = (await administeredRoom(app.database, id)) ?? DIRECT_ROOM
      const by = { action: 'message.say', by: SHELL, person: person.id } as const
      await recordAudit(app.database, { ...by, room: { id, kind, name } })
      console.log(`Posted in ${room} as ${person.name}.`)
    })
    return 0
  } catch (error) {
    if (!(error instanceof SayError || error instanceof FrameError)) throw error
    console.error(
      text.trim() === '' ? 'There is nothing to post: give the text on standard input.' : error.message,
    )
    return 1
  }
}

async function speakerOf({ database }: FastifyInstance, as: string | undefined): Promise<Person> {
  if (as === undefined) {
    const bot = await installationBot(database)
    if (bot?.deactivated)
      throw new SayError(`The bot ${bot.name} has been ended. Say with --as NAME who the message is from.`)
    if (bot) return bot
    throw new SayError(
      `Nobody has an account here yet, or somebody is called ${INSTALLATION}: say with --as NAME who the message is from.`,
    )
  }
  const person = await findPerson(database, as)
  if (!person) throw new SayError(`Nobody here is called ${as}.`)
  if (person.deactivated) throw new SayError(`The account of ${person.name} is deactivated.`)
  return person
}

/** The installation may speak in every room, as its operator may read all that is stored; people may where they may themselves. */
async function roomFor(
  { database }: FastifyInstance,
  slug: string,
  as: string | undefined,
  person: Person,
): Promise<number> {
  const room = as === undefined ? undefined : await findRoom(database, slug, person)
  const id = as === undefined ? await roomNamed(database, slug) : room?.id
  if (id === undefined)
    throw new SayError(
      as === undefined
        ? `There is no room ${slug}. Give the last part of the room’s address, such as lobby for /rooms/lobby.`
        : `There is no room ${slug} that ${person.name} can enter.`,
    )
  if (room && !may(room, 'speak')) throw new SayError(`${person.name} cannot post in ${slug}.`)
  return id
}
