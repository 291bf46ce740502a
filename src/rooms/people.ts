import { findPerson } from '../accounts/index.ts'
import type { Database } from '../storage/index.ts'

export interface NamedPerson {
  readonly id: number
  readonly name: string
}

export interface NamedPeople {
  readonly people: readonly NamedPerson[]
  /** A sentence about a fault in the names, for the person who typed them; undefined: there is none. */
  readonly fault: string | undefined
}

/**
 * Finds people whose accounts are in use by their usernames, which may be typed in either case and with blanks around them. Each name is looked
 * up by itself: give few.
 */
export async function peopleNamed(database: Database, typed: readonly string[]): Promise<NamedPeople> {
  const people: NamedPerson[] = []
  const unknown: string[] = []
  for (const name of typed) {
    const person = await findPerson(database, name)
    if (!person || person.deactivated) unknown.push(name.trim())
    else people.push({ id: person.id, name: person.name })
  }
  return { people, fault: faultOf(unknown) }
}

/** The names in a text with commas between them, each once. */
export function namesIn(typed: string): string[] {
  const names = typed.split(',').map((name) => name.trim().toLowerCase())
  return [...new Set(names)].filter((name) => name !== '')
}

function faultOf(unknown: readonly string[]): string | undefined {
  return unknown.length > 0 ? `There is nobody here called ${unknown.join(', ')}.` : undefined
}
