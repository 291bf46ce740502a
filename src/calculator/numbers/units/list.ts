import { kindOf } from './dimensions.ts'
import { namedUnits } from './find-unit.ts'
import { PREFIXES, takes } from './prefixes.ts'
import { type NamedUnit, soleTerm, type Unit } from './unit.ts'

/** A unit as it is described to people. */
export interface UnitDescription {
  readonly name: string
  /** Its other names, plurals and signs. */
  readonly names: readonly string[]
  /** The words of the prefixes that it takes: `kilo`, `milli`, … */
  readonly prefixes: readonly string[]
  readonly topic: string
  /** `a length`; undefined where there is no word for it. */
  readonly measures: string | undefined
  /** A plain sentence or two. */
  readonly about: string
  /** The definition in other units, `0.3048 m`; undefined for a base unit and for money. */
  readonly is: string | undefined
  readonly source: string
}

/** All units, for completion and documentation, by topic. */
export const unitsList = (): UnitDescription[] => namedUnits.map(describe)

function describe({ entry, topic, name, names, dimension }: NamedUnit): UnitDescription {
  const { prefixes: set } = entry
  return {
    name,
    names: names.map((spelling) => spelling.name).filter((other) => other !== name),
    prefixes:
      set === undefined ? [] : PREFIXES.filter((prefix) => takes(set, prefix)).map(({ long }) => long),
    topic,
    measures: entry.share ? 'a share' : kindOf(dimension),
    about: entry.about,
    is: typeof entry.is === 'string' ? entry.is : undefined,
    source: entry.source,
  }
}

/** The word for a single unit: `metre` for `m`, `kilogram` for `kg`; undefined where there is none, or for a product. */
export function wordForUnit(unit: Unit): string | undefined {
  const term = soleTerm(unit)
  const [word] = term?.named.entry.words?.split(', ') ?? []
  return word === undefined ? undefined : `${term?.prefix?.long ?? ''}${word}`
}
