/** The guide to the language: ways to write things, functions, units and constants, under headings. */
import { constantsList, functionsList, type UnitDescription, unitsList } from '../language/index.ts'
import { WRITINGS, type WritingTopic } from './writings.ts'

export interface GuideEntry {
  /** The way to type it: `round(x, places)`, `km`. */
  readonly typed: string
  /** Its other names. */
  readonly also: readonly string[]
  readonly description: string
  readonly example?: { readonly expression: string; readonly text: string }
  readonly source?: string
}

export interface GuideTopic {
  readonly heading: string
  /** For links within the page. */
  readonly id: string
  readonly entries: readonly GuideEntry[]
}

export interface Guide {
  readonly writings: readonly (WritingTopic & { readonly id: string })[]
  readonly functions: readonly GuideTopic[]
  readonly units: readonly GuideTopic[]
  readonly constants: readonly GuideTopic[]
}

let made: Guide | undefined

/** Returns the whole guide. It is put together once. */
export function guide(): Guide {
  made ??= {
    writings: WRITINGS.map((topic) => ({ ...topic, id: idOf('writing', topic.heading) })),
    functions: topics('function', functionsList(), ({ topic, signature, names, description, example }) => ({
      topic,
      entry: { typed: signature, also: names.slice(1), description, example },
    })),
    units: topics('unit', unitsList(), (unit) => ({
      topic: unit.topic,
      entry: { typed: unit.name, also: unit.names, description: describe(unit), source: unit.source },
    })),
    constants: topics('constant', constantsList(), ({ topic, names, description, text, source }) => ({
      topic,
      entry: {
        typed: names[0],
        also: names.slice(1),
        description,
        example: { expression: names[0], text },
        source,
      },
    })),
  }
  return made
}

function describe({ about, is, prefixes }: UnitDescription): string {
  const size = is === undefined ? '' : ` It is ${is}.`
  return `${about}${size}${prefixes.length > 0 ? ' Takes prefixes.' : ''}`
}

function topics<T>(
  kind: string,
  all: readonly T[],
  read: (one: T) => { topic: string; entry: GuideEntry },
): GuideTopic[] {
  const found = new Map<string, GuideEntry[]>()
  for (const { topic, entry } of all.map(read)) found.set(topic, [...(found.get(topic) ?? []), entry])
  return [...found].map(([heading, entries]) => ({
    heading,
    id: idOf(kind, heading),
    entries,
  }))
}

const idOf = (kind: string, heading: string): string =>
  `${kind}-${heading.toLowerCase().replace(/[^a-z]+/g, '-')}`
