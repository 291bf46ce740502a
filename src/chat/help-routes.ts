import type { FastifyInstance } from 'fastify'
import { escapeHtml } from '../text/html.ts'
import { messageHtml } from './html.ts'

/** Examples of all formatting in messages, each as it is typed. */
const EXAMPLES = [
  '**bold**, *italic*, ~~struck out~~ and `code`',
  '[the docs](https://example.com/docs), or https://example.com',
  '- first\n- second',
  '1. first\n2. second',
  '> what somebody said',
  '# Heading',
  '```\ncode, as it is\n```',
  'Item | Price\n--- | ---:\nTea | 3.20',
  ':tada: :+1:',
  '\\*as it is typed\\*',
]

const COMMANDS = [
  ['/me waves', 'says what you are doing'],
  ['/remind me tomorrow at 9 to call Zoë', 'reminds you; nobody else sees it'],
  ['/topic What this room is for', 'sets the room’s description, if you can change its settings'],
  ['/help', 'shows a summary of this page, to you alone'],
  ['\\/help', 'is sent as /help'],
]

/** The same rendered, once somebody has asked: the first Markdown takes as long as a tenth of a start. */
let examples: readonly { readonly text: string; readonly html: string }[] | undefined

/** The page that explains the formatting of messages. */
export async function helpRoutes(app: FastifyInstance): Promise<void> {
  app.get('/help', { onRequest: app.rateLimits.reading }, async (_request, reply) => {
    examples ??= EXAMPLES.map((text) => ({ text, html: messageHtml(text, []) ?? escapeHtml(text) }))
    return reply.page('chat/help', { title: 'What you can write', examples, commands: COMMANDS })
  })
}
