import type { PrefixSet } from '../prefixes.ts'

/** The base dimensions. Each currency is one more. */
export type Base =
  | 'length'
  | 'mass'
  | 'time'
  | 'current'
  | 'temperature'
  | 'amount'
  | 'luminosity'
  | 'angle'
  | 'data'
  | 'workday'

/**
 * One unit of the catalogue. Lists of names are separated by commas, and a name may be a phrase (`nautical mile`). The
 * first symbol, or else the first word, is the unit's canonical name.
 */
export interface Entry {
  /** Short names, which take short prefixes: `m`, and so `km`. */
  readonly symbols?: string
  /** Whole words, which take long prefixes and a plural in -s: `metre`, and so `metres` and `kilometres`. */
  readonly words?: string
  /** Plurals that do not just add an s, and words that have none; both take long prefixes. */
  readonly plurals?: string
  /** Names that take no prefix. */
  readonly names?: string
  /** Names that are read but never shown; the canonical name stands for them: `€`, `°`. */
  readonly signs?: string
  readonly prefixes?: PrefixSet
  /** The definition, in exact numbers, `pi` and other units: `0.3048 m`, `1/3 tbsp`, `550 ft lbf / s`. */
  readonly is: string | { readonly base: Base } | { readonly currency: string }
  /** The zero of a temperature scale, in kelvins. */
  readonly zero?: string
  /** `is` takes the unit's place in a product with other units: 60 mph for 2 h are 120 miles. */
  readonly opens?: true
  /** A bare share of something (`ppm`), which vanishes beside any other unit. */
  readonly share?: true
  /** Counts whole turns of a circle (`rpm`), or cycles (`Hz`), when one is converted to the other. */
  readonly counts?: 'turns' | 'cycles'
  /** A plain sentence, or part of one, for people who look the unit up. */
  readonly about: string
  readonly source: string
}
