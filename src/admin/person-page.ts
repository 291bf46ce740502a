import type { FastifyReply } from 'fastify'
import { type AdministeredPerson, administeredPerson, identityOf, LINK_DAYS } from '../accounts/index.ts'
import { HttpError } from '../web/index.ts'
import { adminPage } from './pages.ts'

/** The message of the page about a form that was sent. */
export interface PersonNotes {
  /** A link with which the person sets a password: it cannot be shown again. */
  readonly link?: string
  readonly error?: string
}

/** `/admin/people/NAME`: what an administrator sees and does of one person. @throws HttpError */
export async function personPage(
  reply: FastifyReply,
  username: string,
  { error, link }: PersonNotes = {},
): Promise<FastifyReply> {
  const person = await personNamed(reply, username)
  return adminPage(reply, '/admin/people', 'person-page', {
    title: person.displayName ?? person.name,
    person,
    own: person.id === identityOf(reply.request).user.id,
    link: link ?? null,
    linkDays: LINK_DAYS,
    error: error ?? null,
  })
}

/** Finds the person whom a page is about. @throws HttpError where nobody has that username */
export async function personNamed(reply: FastifyReply, username: string): Promise<AdministeredPerson> {
  // PostgreSQL refuses U+0000.
  const person = username.includes('\0')
    ? undefined
    : await administeredPerson(reply.server.database, username)
  if (person) return person
  const advice = 'Check that the name is correct. Look for the person under People.'
  throw new HttpError(404, 'Nobody here has this name', advice, undefined, 'not_found')
}
