import type { FastifyRequest } from 'fastify'

/** Browsers end the lines of a form with CRLF, which would count, and be stored, as two characters. */
export async function typedLines({ body }: FastifyRequest): Promise<void> {
  if (typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string') {
    body.message = body.message.replaceAll('\r\n', '\n')
  }
}

/** Digits of a number that JavaScript holds exactly. */
const SEQ = /^\d{1,15}$/

/** The text of a form, even of one that does not match its schema; empty if there is none. */
export function textOf(body: unknown): string {
  const text = typeof body === 'object' && body !== null && 'message' in body ? body.message : ''
  return typeof text === 'string' ? text : ''
}

/** The `seq` of the message that a form replies to, even of one that does not match its schema; null if there is none. */
export function answeredBy(body: unknown): number | null {
  const reply = typeof body === 'object' && body !== null && 'reply' in body ? body.reply : ''
  return typeof reply === 'string' && SEQ.test(reply) ? Number(reply) : null
}

/** The ids of files in a form, also in one that does not fit its schema. */
export function filesIn(body: unknown): readonly unknown[] {
  const files: unknown = typeof body === 'object' && body !== null && 'files' in body ? body.files : []
  return Array.isArray(files) ? files : []
}
