import { parse as parseForm } from 'fast-querystring'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { HttpError } from './errors.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads forms and JSON, which are UTF-8 or refused: 415 for another charset, 400 for invalid bytes and escapes. Fastify and
 * `@fastify/formbody` would replace these by U+FFFD, so that something else would be stored than was sent.
 */
export const bodies = fp(async (app: FastifyInstance) => {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  // Fastify reads plain text too, which no route takes.
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    // Many clients name a type for every request, also where there is nothing to say but the address.
    if (body.length === 0 && request.method !== 'POST') return done(null, {})
    parseJson(request, textOf(request, body), done)
  })
  app.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      const form = textOf(request, body)
      if (!isDecodable(form)) throw unreadable('Something in the form is not correctly encoded.')
      return parseForm(form)
    },
  )
})

/** @throws HttpError unless it is UTF-8 */
function textOf(request: FastifyRequest, body: Buffer): string {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(request.headers['content-type'] ?? '')?.[1]
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    throw new HttpError(415, 'That could not be read', `Send it as UTF-8, not as ${charset.slice(0, 40)}.`)
  try {
    return decoder.decode(body)
  } catch {
    throw unreadable('It is not UTF-8. Save or send it as UTF-8, and try again.')
  }
}

/** Each name and value is decoded by itself, and the characters between them end every escape: so all are, or none is. */
function isDecodable(form: string): boolean {
  try {
    decodeURIComponent(form)
    return true
  } catch {
    return false
  }
}

function unreadable(message: string): HttpError {
  return new HttpError(400, 'That could not be read', message, undefined, 'malformed')
}
