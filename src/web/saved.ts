import type { FastifyReply } from 'fastify'

/** The cookie that tells the next page which form was saved. It is trusted no more than an address would be. */
const COOKIE = 'partyline-saved'

/** Seconds in which the page has to be asked for. */
const SOON = 30

/**
 * Has the page to which a settings form leads say, behind the form, that it was saved: a redirect has nothing else to say it with.
 * @param form the name by which `views/` knows the form
 */
export function noteSaved(reply: FastifyReply, form: string): FastifyReply {
  return reply.setCookie(COOKIE, form, { ...attributesFor(reply), maxAge: SOON })
}

/** The name of the form that was just saved, which is told once; null: none was. */
export function takeSaved(reply: FastifyReply): string | null {
  const form = reply.request.cookies[COOKIE]
  if (form === undefined) return null
  reply.clearCookie(COOKIE, attributesFor(reply))
  return form
}

function attributesFor({ request }: FastifyReply) {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: request.protocol === 'https' } as const
}
