import type { Unit } from '../numbers/index.ts'

/** The words that an expression can use: the sheet's names, and those that the language knows by itself. */
export interface Vocabulary {
  /** Tells whether the sheet, or the function that is being read, gives this name a meaning. */
  isBound(name: string): boolean
  isFunction(name: string): boolean
  /** Returns the name of the function that differs from this name only in small and capital letters, or undefined. */
  functionLike(name: string): string | undefined
  isConstant(name: string): boolean
  /** Tells whether no sheet can give this name another meaning. */
  isReserved(name: string): boolean
  findUnit(word: string): Unit | undefined
  unitProduct(parts: readonly UnitPower[]): Unit
  /** Tells whether one can be converted to the other: then `ft in` is a length in two units, not their product. */
  isConvertible(from: Unit, to: Unit): boolean
  /** Returns the id of the time zone of a place, or undefined. */
  findZone(words: string): string | undefined
}

export interface UnitPower {
  readonly unit: Unit
  readonly power: number
}
