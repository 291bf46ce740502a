import type { ClientScope } from '../../channels/index.ts'

declare module '../../channels/consumers/scope.ts' {
  interface ClientScopes {
    read: true
    write: true
    sheets: true
    notify: true
    metrics: true
  }
}

/** A scope of API keys, in words for people who make one. */
export interface ScopeDescription {
  readonly scope: ClientScope
  readonly description: string
  /** True if it is worth nothing in the hands of somebody who is no administrator. */
  readonly forAdministrators: boolean
}

export const SCOPES: readonly ScopeDescription[] = [
  {
    scope: 'read',
    description:
      'Read and follow rooms, messages, sheets and scheduled messages; find people in a room; export rooms',
    forAdministrators: false,
  },
  {
    scope: 'write',
    description: 'Read, post, edit, delete, react, schedule messages and set reminders',
    forAdministrators: false,
  },
  { scope: 'sheets', description: 'Read and change sheets', forAdministrators: false },
  { scope: 'notify', description: 'Send notifications to anyone', forAdministrators: true },
  { scope: 'metrics', description: 'Read metrics and the dashboard’s samples', forAdministrators: true },
]

/** @returns the scope of this name; undefined: there is none */
export function scopeNamed(name: string): ScopeDescription | undefined {
  return SCOPES.find(({ scope }) => scope === name)
}

/**
 * Returns all that a key may do now: `write` includes `read`, and what only administrators may do counts while its person is one.
 * @param stored names with spaces between them
 */
export function effectiveScopes(stored: string, administrator: boolean): ReadonlySet<ClientScope> {
  const scopes = new Set<ClientScope>()
  for (const name of stored.split(' ')) {
    const known = scopeNamed(name)
    if (known && (administrator || !known.forAdministrators)) scopes.add(known.scope)
  }
  if (scopes.has('write')) scopes.add('read')
  return scopes
}
