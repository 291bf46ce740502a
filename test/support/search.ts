import { eventually } from './eventually.ts'
import type { Visitor } from './visitor.ts'

export interface FoundMessage {
  readonly room: string
  readonly seq: number
  readonly sender: string
  readonly message: string
  readonly at: string
}

export interface SearchAnswer {
  readonly messages: readonly FoundMessage[]
  readonly more: boolean
  readonly cursor?: string
}

/** Searches through the API. @throws if it does not answer with 200 */
export async function find(
  person: Visitor,
  q: string,
  more: Record<string, string> = {},
): Promise<SearchAnswer> {
  const { status, text } = await person.get(`/api/search?${new URLSearchParams({ q, ...more })}`)
  if (status !== 200) throw new Error(`a search was answered with ${status}: ${text}`)
  return JSON.parse(text)
}

/** The texts that the API finds. */
export async function texts(person: Visitor, q: string): Promise<string[]> {
  return (await find(person, q)).messages.map(({ message }) => message)
}

/** Waits until a search finds as many messages. */
export async function untilFound(person: Visitor, q: string, count: number): Promise<SearchAnswer> {
  let found: SearchAnswer = { messages: [], more: false }
  await eventually(
    `${count} messages with ${q}`,
    async () => {
      found = await find(person, q)
      return found.messages.length === count
    },
    () => `but ${found.messages.length}`,
  )
  return found
}
