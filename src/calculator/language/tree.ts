/**
 * The syntax tree. What is not listed here cannot be expressed in the language. Every `position` is the 0-based code
 * point of the typed expression at which a node begins, or at which the sign of an operator stands.
 */
import type { Unit } from '../numbers/index.ts'
import type { DatePart } from './dates/index.ts'

export type Node =
  /** A number as `parseReal` reads it: separators are gone, digits are ASCII. */
  | { kind: 'number'; text: string; position: number }
  /** A text in quotes; only some functions take one. */
  | { kind: 'text'; text: string; position: number }
  /** A name of the sheet, or a parameter of the function that it stands in. */
  | { kind: 'name'; name: string; position: number }
  /** `sum`, `total` and the like without parentheses: a total of the values above. */
  | { kind: 'total'; name: string; position: number }
  /** A constant of the language: pi, e, i, true, speedOfLight, … */
  | { kind: 'constant'; name: string; position: number }
  /** A unit, or a product of powers of units, as typed: `m/s^2`. */
  | { kind: 'unit'; unit: Unit; position: number }
  /** A value with a unit right after it: `5 km/h`, `(2 + 3) m`. */
  | { kind: 'measure'; value: Node; unit: Unit; position: number }
  /** A quantity in several units: `5 ft 3 in`, `3 h 20 min`. A sign before it applies to all parts. */
  | { kind: 'mixed'; parts: { value: Node; unit: Unit }[]; position: number }
  /** `pi/4 rad`, `400 km/h / 100 km/h`: of a numerator that is a plain number it is that part of the unit; else it divides by the product. */
  | { kind: 'part'; numerator: Node; denominator: Node; of: Node; position: number }
  /** `isDivisor`: it stands after a slash, `1/n(n + 1)`, where a product could be meant otherwise. */
  | { kind: 'call'; name: string; arguments: Node[]; isDivisor?: true; position: number }
  | { kind: 'index'; of: Node; at: (Node | undefined)[]; position: number }
  | { kind: 'unary'; operator: Unary; of: Node; position: number }
  | { kind: 'binary'; operator: Binary; left: Node; right: Node; position: number }
  /** `of %`; after + or − it is of the left side: `200 + 10%`. */
  | { kind: 'percent'; of: Node; position: number }
  | { kind: 'rows'; rows: Node[][]; nested: boolean; position: number }
  | { kind: 'range'; from: Node; step: Node | undefined; to: Node; position: number }
  | { kind: 'choice'; condition: Node; yes: Node; no: Node; position: number }
  | { kind: 'both'; left: Node; right: Node; any: boolean; position: number }
  | { kind: 'chain'; operators: Comparison[]; operands: Node[]; position: number }
  /** A conversion or another writing: `20 °C in °F`, `170 cm to ft in`, `255 in hex`. */
  | { kind: 'convert'; of: Node; to: Target; position: number }
  /**
   * `20 as % of 80` (share: part 20, of 80), `25% off 80` and `8% on 50` (part is the percentage), `50 is 25% of what`
   * (whole: part 50, of 25%) and the like.
   */
  | { kind: 'percentage'; question: 'share' | 'whole' | 'off' | 'on'; part: Node; of: Node; position: number }
  /** A date or time as typed, in a form that Temporal reads; `9:35 in New York` carries its zone. */
  | {
      kind: 'moment'
      date?: string
      time?: string
      zone?: string
      /** The time was typed in digits alone, as lengths of time are too: `7:30`. */
      isClock?: true
      position: number
    }

/** The units or the writing in which a value is to be shown. */
export type Target =
  /** `isRate`: what it is per is all that is said of it, `to per month`. `otherwise` are the units that are meant where the value does not fit `units`: `x to F` for a temperature `x`. */
  | { kind: 'units'; units: Unit[]; otherwise?: Unit[]; isRate?: true; position: number }
  /** The unit of another value: `x to y`. */
  | { kind: 'value'; value: Node; position: number }
  | {
      kind: 'writing'
      as:
        | 'hex'
        | 'binary'
        | 'octal'
        | 'decimal'
        | 'fraction'
        | 'mixedFraction'
        | 'percent'
        | 'scientific'
        | 'engineering'
        | 'roman'
        | 'number'
      position: number
    }
  /** `rounds`: the value itself is rounded, as in `2/3 rounded to 2 dp`, and not only what is shown of it. */
  | { kind: 'places'; places: number; significant: boolean; rounds?: true; position: number }
  | { kind: 'zone'; zone: string; position: number }
  | { kind: 'datePart'; part: DatePart; position: number }

export type Comparison = 'equal' | 'unequal' | 'smaller' | 'larger' | 'smallerEq' | 'largerEq'
export type Unary = 'minus' | 'plus' | 'not' | 'bitNot' | 'factorial' | 'doubleFactorial' | 'transpose'
export type Binary =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'remainder'
  | 'power'
  | 'dotMultiply'
  | 'dotDivide'
  | 'dotPower'
  | 'xor'
  | 'bitAnd'
  | 'bitOr'
  | 'bitXor'
  | 'leftShift'
  | 'rightShift'
  | 'choose'
  /** An amount at a rate. */
  | 'at'

/** The statement of one line. */
export type Statement =
  | { kind: 'value'; body: Node }
  | { kind: 'assignment'; name: string; position: number; body: Node }
  | { kind: 'definition'; name: string; position: number; parameters: string[]; body: Node }
  | { kind: 'heading' | 'comment' | 'blank' }

/** A line that was read. */
export interface Parsed {
  readonly statement: Statement
  /** The words before the colon of `Rent: 3 * 400`. */
  readonly label?: string
  /** Explanations of how ambiguous input was read, as sentences for the person who typed it: "`1,234` is read as 1234." */
  readonly notes: readonly string[]
  /** Names of the sheet that stand right after a number, where they are the unit. */
  readonly readAsUnits?: readonly string[]
}
