import type { FastifyRequest } from 'fastify'

/** A browser ends the lines of a form with CRLF, whatever was typed: each would count, and be stored, as two. */
export async function typedLines({ body }: FastifyRequest): Promise<void> {
  if (typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string') {
    body.message = body.message.replaceAll('\r\n', '\n')
  }
}

/** The text of a form, also of one that does not fit its schema; empty where there is none. */
export function textOf(body: unknown): string {
  const text = typeof body === 'object' && body !== null && 'message' in body ? body.message : ''
  return typeof text === 'string' ? text : ''
}
