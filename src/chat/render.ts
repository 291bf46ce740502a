import type { FastifyInstance } from 'fastify'
import type { MessageFrame } from './protocol.ts'

/** Messages in a row as HTML, as those see them who said none of them: to all of these it is the same. */
export function shownToOthers(app: FastifyInstance, messages: readonly MessageFrame[]): string {
  return app.fragment('chat/messages', { messages })
}

/** @param html from `shownToOthers` @returns it as one person sees it, whose own messages look different */
export function shownTo(name: string, html: string): string {
  // Nothing that people type looks like this: its quotes are escaped.
  const article = `<article data-sender="${name}" class="message`
  return html.replaceAll(article, `${article} own`)
}
