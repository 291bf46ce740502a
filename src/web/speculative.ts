import type { FastifyRequest } from 'fastify'

/**
 * Tells whether nobody may ever see the answer: it asks for the head alone, or a browser fetches or renders the page in case its
 * person should go there (`Sec-Purpose`; Safari says `Purpose`, older Firefox `X-Moz`).
 */
export function isSpeculative({ method, headers }: FastifyRequest): boolean {
  if (method === 'HEAD') return true
  return [headers['sec-purpose'], headers.purpose, headers['x-moz']].some((value) =>
    /prefetch|prerender|preview/.test(String(value ?? '')),
  )
}
