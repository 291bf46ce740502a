import type { Unit } from '../numbers/index.ts'
import type { TokenReader } from './token-reader.ts'
import type { Node } from './tree.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A unit as it was typed. */
export interface TypedUnit {
  readonly unit: Unit
  /** The word, where it is one word without a power: `ft`. */
  readonly word?: string
}

/**
 * The places at which a unit can stand. Right after a number, or joined by `/` to a unit that does, a word is the unit whatever
 * else it means. Elsewhere names of the sheet, functions and constants take precedence over units.
 */
export type Where = 'afterNumber' | 'joined' | 'elsewhere' | 'target'

/** Finds and reads the units of a line. */
export interface Units {
  /** Returns the unit of a word or sign, or undefined. */
  find(word: string): Unit | undefined
  /** Returns the unit `ahead` tokens from here, without taking it. */
  at(where: Where, ahead?: number): Unit | undefined
  /** Takes the units that stand next; undefined, with nothing taken, when none does. */
  read(where: Where): TypedUnit | undefined
  /** Takes what an amount of a currency is paid for: `/kg`, `per hour`. */
  readDivisors(currency: Unit): Unit
  /** Tells whether `a week` or `per day` stands so many tokens on. */
  isPerTime(ahead: number): boolean
  /** Takes `per year`; undefined, with nothing taken, when none stands there. */
  readPer(): Unit | undefined
}

/** The state that the parts of the parser share. */
export interface Grammar {
  readonly reader: TokenReader
  readonly vocabulary: Vocabulary
  readonly units: Units
  /** Inside the argument of `sin 30°`, which the next function ends. */
  readonly isBare: boolean
  /** Inside the middle of `a ? b : c`, where a colon is not a range. */
  readonly isChoosing: boolean
  /** Between the bars of `|x|`, the second of which is not an operator. */
  readonly isInBars: boolean
  /** Where `and` separates values, as in `average of 3 km and 5 km`, and does not join the parts of one. */
  readonly isListing: boolean
  /** The node that parentheses enclosed last: `3/4` joins with nothing beyond it. */
  readonly enclosed: Node | undefined
  /** Counts a node of the tree. @throws CalculationError `limit` when there are too many */
  node(node: Node): Node
  /** Adds a note about how something was read. */
  note(sentence: string): void
  /** Records that a name of the sheet is read as the unit. */
  noteUnit(name: string): void
  /** Reads one level deeper. @throws CalculationError `limit` when that is too deep */
  nested<T>(read: () => T): T
  /** Reads what brackets enclose. */
  inBrackets<T>(read: () => T): T
  /** Reads one of several values that `and` separates. */
  listed(read: () => Node): Node
  /** Reads the argument of a function without parentheses. */
  bareArgument(): Node
  /** Takes the bracket that has to be next. */
  close(bracket: ')' | ']'): void
  expression(): Node
  /** The current day, as the sheet gives it. @throws CalculationError outside of a sheet */
  today(position: number): Node
  /** The current time, as the sheet gives it. @throws CalculationError outside of a sheet */
  now(position: number): Node
  sum(): Node
  product(): Node
  /** Reads a sign, a power and what is joined to it: all that stands closer together than a product. */
  operand(): Node
  /** Reads what is joined to a value that was read: its unit, and factors. */
  joined(value: Node): Node
  /** As `operand`, without what is joined to it. */
  unary(): Node
  /** As `unary`, without a sign. */
  percentage(): Node
  exponent(): Node
  /** Raises to a power of digits. */
  raised(of: Node, power: string, position: number): Node
  /** Reads a value: a number, a name, a call, brackets. */
  primary(): Node
}
