import type { FastifyInstance } from 'fastify'
import type { Frame } from './socket.ts'
import type { Answer } from './visitor.ts'

/** The hidden fields of a page's form, as a browser sends them. */
export function formFields(page: string, action: string): Record<string, string> {
  const html = page.split('<form').find((part) => part.includes(`action="${action}"`))
  if (html === undefined) throw new Error(`no form for ${action} on the page`)
  const [own = ''] = html.split('</form>')
  const fields = own.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]))
}

/** The text in the composer of a page. */
export function messageField(page: string): string | undefined {
  return /<textarea[^>]*name="message"[^>]*>(.*?)<\/textarea>/s.exec(page)?.[1]
}

/** The messages on a page, except the empty one that the browser copies for new messages. */
export function seqs(page: string): number[] {
  const [shown = ''] = page.split('<template')
  return [...shown.matchAll(/data-seq="(\d+)"/g)].map(([, seq]) => Number(seq))
}

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
}

/** An answer for programs, which is a page of the history or an error. @throws if it has another status */
export function jsonOf(answer: Answer, status: number): { messages: Frame[]; more: boolean; error: string } {
  if (answer.status !== status)
    throw new Error(`${answer.status} instead of ${status}: ${answer.text.slice(0, 200)}`)
  return JSON.parse(answer.text)
}

export async function roomSlugs(app: FastifyInstance): Promise<string[]> {
  const rows = await app.database.selectFrom('rooms').select('slug').orderBy('slug').execute()
  return rows.map(({ slug }) => slug)
}
