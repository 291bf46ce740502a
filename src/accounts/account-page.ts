import type { FastifyReply } from 'fastify'
import { identityOf } from './access.ts'

/** The page's words about a form that was sent. */
export interface AccountNotes {
  readonly error: string | null
  readonly notice: string | null
  readonly nameError: string | null
  readonly pictureError: string | null
  /** The text in the field for the name. */
  readonly name: string
}

/** `/account`: a person's picture, name, password and sessions. */
export async function accountPage(
  reply: FastifyReply,
  said: Partial<AccountNotes> = {},
): Promise<FastifyReply> {
  const { sessions: ofAll, pictureMaker } = reply.server
  const { session, user } = identityOf(reply.request)
  const all = await ofAll.list(user.id)
  const sessions = all.map((summary) => ({ ...summary, current: summary.id === session.id }))
  const notes: AccountNotes = {
    error: null,
    notice: null,
    nameError: null,
    pictureError: null,
    name: user.displayName ?? user.name,
    ...said,
  }
  const takesPictures = pictureMaker.available
  return reply.page('accounts/account', { title: 'Your account', sessions, takesPictures, ...notes })
}
