/** `echo text | bin/partyline say ROOM [--as NAME]`: says something in a room. */
import type { FastifyInstance } from 'fastify'
import { findPerson, INSTALLATION, installationBot, type Person } from '../accounts/index.ts'
import { recordAudit, SHELL } from '../audit/index.ts'
import { FrameError } from '../channels/index.ts'
import { checkMessage } from '../chat/index.ts'
import { administeredRoom, findRoom, may, roomNamed } from '../rooms/index.ts'
import { readStandardInput } from './standard-input.ts'

/** Why something is not said, in words for whoever typed the command. */
class NotSaid extends Error {}

/**
 * Says what comes on standard input. A running server shows it within seconds, at once where both have a `REDIS_URL`.
 * @param as the username of whoever says it; the installation itself where it is left out
 * @returns the exit code: 1 when nothing is said
 */
export async function say(room: string, as: string | undefined): Promise<number> {
  const text = await readStandardInput()
  try {
    const { message } = checkMessage({ message: text })
    // What cannot be said needs no application.
    const { withApplication } = await import('./application.ts')
    await withApplication(async (app) => {
      const person = await speakerOf(app, as)
      const id = await roomFor(app, room, as, person)
      await app.chat.writer.post(id, person, message)
      const name = (await administeredRoom(app.database, id))?.name ?? 'a direct room'
      const by = { action: 'message.say', by: SHELL, person: person.id } as const
      await recordAudit(app.database, { ...by, room: { id, name } })
      console.log(`${person.name} said it in ${room}.`)
    })
    return 0
  } catch (error) {
    if (!(error instanceof NotSaid || error instanceof FrameError)) throw error
    console.error(
      text.trim() === '' ? 'There is nothing to say: give a text on standard input.' : error.message,
    )
    return 1
  }
}

async function speakerOf({ database }: FastifyInstance, as: string | undefined): Promise<Person> {
  if (as === undefined) {
    const bot = await installationBot(database)
    if (bot?.deactivated) throw new NotSaid(`The bot ${bot.name} was ended. Say with --as NAME who says it.`)
    if (bot) return bot
    throw new NotSaid(
      `Nobody has an account here yet, or somebody is called ${INSTALLATION}: say with --as NAME who says it.`,
    )
  }
  const person = await findPerson(database, as)
  if (!person) throw new NotSaid(`Nobody here is called ${as}.`)
  if (person.deactivated) throw new NotSaid(`The account of ${person.name} is deactivated.`)
  return person
}

/** The installation may speak in every room, as whoever runs it may read all that is stored; others where they may themselves. */
async function roomFor(
  { database }: FastifyInstance,
  slug: string,
  as: string | undefined,
  person: Person,
): Promise<number> {
  const room = as === undefined ? undefined : await findRoom(database, slug, person)
  const id = as === undefined ? await roomNamed(database, slug) : room?.id
  if (id === undefined)
    throw new NotSaid(
      as === undefined
        ? `There is no room ${slug}. It takes a room's address, such as lobby in /rooms/lobby.`
        : `There is no room ${slug} that ${person.name} may come to.`,
    )
  if (room && !may(room, 'speak')) throw new NotSaid(`${person.name} may not speak in ${slug}.`)
  return id
}
