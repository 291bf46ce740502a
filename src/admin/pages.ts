import type { FastifyReply, FastifyRequest } from 'fastify'

/** The pages of an administrator, in the order of their menu. */
const SECTIONS = [
  { path: '/admin', label: 'Overview' },
  { path: '/dashboard', label: 'Dashboard' },
  { path: '/admin/people', label: 'People' },
  { path: '/admin/rooms', label: 'Rooms' },
  { path: '/admin/invitations', label: 'Invitations' },
  { path: '/admin/bots', label: 'Bots' },
  { path: '/admin/bans', label: 'Bans' },
  { path: '/admin/jobs', label: 'Jobs' },
  { path: '/admin/storage', label: 'Storage' },
  { path: '/admin/log', label: 'Log' },
] as const

export type Section = (typeof SECTIONS)[number]['path']

/**
 * Answers with a page of the administration.
 * @param section the entry of the menu that it belongs to
 * @param template of `views/admin/`
 */
export function adminPage(
  reply: FastifyReply,
  section: Section,
  template: string,
  content: { readonly title: string } & Record<string, unknown>,
): FastifyReply {
  return reply.page(`admin/${template}`, { ...content, section, sections: SECTIONS })
}

/** Characters of a search that are looked at. */
const SEARCH_LENGTH = 100

/** The size of a page of any list here, and the last page, which is bounded because skipped rows are read too. */
export const PAGE_SIZE = 50
const LAST_PAGE = 400

export interface ListPlace {
  readonly q: string
  /** From 1. */
  readonly page: number
}

/** Which part of a list a request asks for. */
export function placeIn(query: { readonly q?: string; readonly page?: string }): ListPlace {
  const q = (query.q ?? '').trim().slice(0, SEARCH_LENGTH).toWellFormed().replaceAll('\0', '')
  return { q, page: Math.min(Math.max(Number(query.page ?? 1), 1), LAST_PAGE) }
}

/** The addresses of the pages before and after this one; null: there is none. */
export function neighbours(path: string, { page, q }: ListPlace, more: boolean) {
  const address = (page: number) =>
    `${path}?${new URLSearchParams({ ...(q ? { q } : {}), page: String(page) })}`
  return {
    page,
    earlier: page > 1 ? address(page - 1) : null,
    later: more && page < LAST_PAGE ? address(page + 1) : null,
  }
}

/** The address of a path here, as the person who asks reaches it: for links that are passed on. */
export function addressOf({ host, protocol }: FastifyRequest, path: string): string {
  return `${protocol}://${host}${path}`
}
