import type { FastifyInstance } from 'fastify'
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
  /** What those are called who gave reactions to the messages beside it, by username, where that is not the username. */
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
}

/**
 * Messages in a row as HTML, as one person sees them.
 * @param marked the `seq` of the message that a link led to
 * @param chosen the emoji that this person chose for messages that do not name all who did, by their `seq`
 */
export function renderFor(
  app: FastifyInstance,
  viewer: string,
  marked: number | undefined,
  messages: readonly RenderedMessage[],
  chosen: ReadonlyMap<number, ReadonlySet<string>>,
): string {
  const pieces = messages.map((rendered, index) => {
    const { message, html } = rendered
    const look = { viewer, marked, chosen: chosen.get(message.seq) }
    const render = () => renderMessage(app, rendered, messages[index - 1]?.message, look)
    if (message.seq === marked || look.chosen) return render()
    if (message.sender !== viewer) return concerns(message, viewer) ? render() : html
    rendered.own ??= render()
    return rendered.own
  })
  return pieces.join('')
}

function renderMessage(
  app: FastifyInstance,
  { message, block, names }: Pick<RenderedMessage, 'message' | 'block' | 'names'>,
  above: MessageFrame | undefined,
  { viewer, marked, chosen }: Look,
): string {
  const nameOf = (username: string) => (Object.hasOwn(names, username) ? names[username] : undefined)
  const context = {
    follows: follows(block),
    viewer,
    marked,
    calendar: utcCalendar,
    interactive: false,
    nameOf,
    ...(chosen && { chosen }),
  }
  const html = app.fragment('chat/message', messageView(message, context))
  if (!startsDay(message, above, utcCalendar)) return html
  return app.fragment('chat/divider', { kind: 'day', label: utcCalendar.day(message.at) }) + html
}
