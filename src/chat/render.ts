import type { FastifyInstance } from 'fastify'
import { flat } from '../text/flat.ts'
import { utcCalendar } from '../web/presentation.ts'
import {
  type Block,
  blockOf,
  concerns,
  follows,
  messageView,
  namedInReactions,
  startsDay,
} from './presentation.ts'
import type { MessageFrame } from './protocol.ts'

export interface RenderedMessage {
  readonly message: MessageFrame
  /** The block of one person's messages that ends with it. */
  readonly block: Block
  /** Its HTML as those see it whom it does not concern: to all of these it is the same. */
  readonly html: string
  /** Its HTML as its sender sees it, once they have looked. */
  own?: string
  /** The display names of those who reacted to the messages beside it, by username, where they differ from the username. */
  readonly names: Names
}

type Names = Readonly<Record<string, string>>

/** Renders messages in a row. */
export async function renderMessages(
  app: FastifyInstance,
  messages: readonly MessageFrame[],
): Promise<RenderedMessage[]> {
  const reacted = new Set(messages.flatMap(namedInReactions))
  const { names = {} } = await app.personBook.describe([...reacted])
  let block: Block | undefined
  return messages.map((message, index) => {
    block = blockOf(message, block, utcCalendar)
    const html = renderMessage(app, { message, block, names }, messages[index - 1], {})
    return { message, block, html, names }
  })
}

interface Look {
  readonly viewer?: string
  readonly marked?: number | undefined
  readonly chosen?: ReadonlySet<string> | undefined
  /** HTML that stands between the day and the message. */
  readonly opening?: string
  readonly blocked?: ReadonlySet<string>
}

/** The person who looks at messages. */
export interface Viewer {
  /** Their username. */
  readonly name: string
  /** The usernames of those whom they have blocked. */
  readonly blocked: ReadonlySet<string>
}

/** The messages of a page that are highlighted for one person, by their `seq`. */
export interface Marks {
  /** The one that a link led to. */
  readonly marked: number | undefined
  /** The first that they have not read. */
  readonly unread: number | undefined
  /** The one at which the page opens. */
  readonly start: number | undefined
}

/**
 * Messages in a row as HTML, as one person sees them.
 * @param chosen the emoji that this person chose for messages that do not name all who did, by their `seq`
 */
export function renderFor(
  app: FastifyInstance,
  { blocked, name: viewer }: Viewer,
  { marked, unread, start }: Marks,
  messages: readonly RenderedMessage[],
  chosen: ReadonlyMap<number, ReadonlySet<string>>,
): string {
  const pieces = messages.map((rendered, index) => {
    const { message, html } = rendered
    const look = { viewer, marked, chosen: chosen.get(message.seq), blocked }
    const above = messages[index - 1]?.message
    const isUnread = message.seq === unread
    if (isUnread || message.seq === start) {
      const opening = app.fragment('chat/opening', { isUnread, isStart: message.seq === start })
      const block = isUnread ? { ...rendered.block, size: 1 } : rendered.block
      return renderMessage(app, { ...rendered, block }, above, { ...look, opening })
    }
    const render = () => renderMessage(app, rendered, above, look)
    if (message.seq === marked || look.chosen || isOfBlocked(message, blocked)) return render()
    if (message.sender !== viewer) return concerns(message, viewer) ? render() : html
    rendered.own ??= render()
    return rendered.own
  })
  return pieces.join('')
}

/** Tells whether it was said by somebody of these, or answers one of them. */
function isOfBlocked({ reply, sender }: MessageFrame, blocked: ReadonlySet<string>): boolean {
  return blocked.size > 0 && (blocked.has(sender) || (reply !== undefined && blocked.has(reply.sender)))
}

function renderMessage(
  app: FastifyInstance,
  { message, block, names }: Pick<RenderedMessage, 'message' | 'block' | 'names'>,
  above: MessageFrame | undefined,
  { viewer, marked, chosen, opening = '', blocked }: Look,
): string {
  const nameOf = (username: string) => (Object.hasOwn(names, username) ? names[username] : undefined)
  const context = {
    follows: follows(block),
    viewer,
    marked,
    calendar: utcCalendar,
    interactive: false,
    nameOf,
    isBlocked: (username: string) => blocked?.has(username) === true,
    ...(chosen && { chosen }),
  }
  const html = opening + app.fragment('chat/message', messageView(message, context))
  if (!startsDay(message, above, utcCalendar)) return flat(html)
  return flat(app.fragment('chat/divider', { kind: 'day', label: utcCalendar.day(message.at) }) + html)
}
