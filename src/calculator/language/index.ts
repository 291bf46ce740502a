/**
 * The language of the calculator: text in, values out. It imports `numbers` and nothing of the server, so that it can be
 * used, tested and fuzzed alone.
 *
 *     evaluate('200 + 10%', {}) // { kind: 'value', text: '220', result: 220, … }
 */
export { CalculationError, type ErrorCode, type UnitDescription, unitsList } from '../numbers/index.ts'
export { emptyKindOf } from './beginning.ts'
export { type Bindings, encodeFunction, isFunction, type Meaning, meaningOf, Reach } from './bindings.ts'
export { normalise } from './characters.ts'
export {
  type Binding,
  type Computed,
  evaluate,
  evaluateWithin,
  type Failed,
  LINE_KINDS,
  type LineKind,
} from './evaluate.ts'
export { evaluateLines, type Meant, type SheetLine } from './evaluate-lines.ts'
export { type ConstantEntry, constantsList } from './functions/constants.ts'
export type { FunctionEntry } from './functions/function.ts'
export { functionsList } from './functions/table.ts'
export { headOf } from './head.ts'
export { LENGTH, NOTES, REACHED_CHARACTERS, REACHED_NAMES, STORED, TEXT } from './limits.ts'
export { bindable as isBindable, namesIn } from './names.ts'
export { namesRead } from './names-read.ts'
export { hasOtherMeaning } from './prepare.ts'
export { renamed } from './rename.ts'
export { TOTALS } from './totals.ts'
