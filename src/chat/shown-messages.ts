import type { FastifyInstance } from 'fastify'
import type { FoundRoom } from '../rooms/index.ts'
import { namesFew } from './presentation.ts'
import type { MessageFrame } from './protocol.ts'
import { emojiChosenFor } from './reactions.ts'
import { renderFor, renderMessages } from './render.ts'

/**
 * Some messages of a room as HTML, as one person sees them on a page of their own.
 * @param marked the `seq` of the one that led there
 */
export async function shownMessages(
  app: FastifyInstance,
  room: FoundRoom,
  user: { readonly id: number; readonly name: string },
  frames: readonly MessageFrame[],
  marked?: number,
): Promise<string> {
  const few = frames.filter(namesFew).map(({ seq }) => seq)
  const chosen = await emojiChosenFor(app.database, room.id, few, user.id)
  const viewer = { name: user.name, blocked: await app.blocks.namesOf(user.id) }
  const marks = { marked, unread: undefined, start: undefined }
  return renderFor(app, viewer, marks, await renderMessages(app, frames), chosen)
}
