import type { FastifyInstance } from 'fastify'
import { FrameError } from '../channels/index.ts'
import { changeDescription, descriptionFault, roomDescription } from '../rooms/index.ts'
import type { CommandAnswer, TypedCommand } from './text-commands.ts'

const HELP = [
  '**bold**, *italic*, ~~struck out~~, `code`, [words](https://example.com)',
  'Begin a line with > for a quote, - or 1. for a list, # for a heading, ``` for code.',
  '@name mentions somebody, :tada: is an emoji, {= 3 * 14} is calculated.',
  '/me waves · /remind me tomorrow at 9 to call Zoë · /topic What this room is for · /help',
  'To begin a message with a slash: \\/help',
].join('\n')

/** The commands of rooms themselves. */
export function addRoomCommands(app: FastifyInstance): void {
  const { commands } = app.chat
  commands.add('help', () => ({ notice: HELP, page: '/help' }))
  commands.add('topic', (command) => setTopic(app, command))
  commands.add('me', () => {
    throw new FrameError('invalid', 'add what you are doing, such as: /me waves')
  })
}

/** `/topic What this room is for` */
async function setTopic(app: FastifyInstance, { room, may, text }: TypedCommand): Promise<CommandAnswer> {
  const description = roomDescription(text.replace(/^\S+/, ''))
  if (room.kind === 'direct') throw new FrameError('forbidden', 'a direct room has no topic')
  if (may('administer') && !may('configure'))
    throw new FrameError('forbidden', 'this room is archived; its topic cannot be changed')
  if (!may('configure'))
    throw new FrameError('forbidden', 'only the owner of the room and administrators can change its topic')
  if (description === '')
    throw new FrameError('invalid', 'add the topic, such as: /topic What this room is for')
  const fault = descriptionFault(description)
  if (fault) throw new FrameError('invalid', fault)
  await changeDescription(app.database, room.id, description)
  app.roomAnnouncements.roomChanged(room.id)
  return { notice: `The topic is now: ${description}` }
}
