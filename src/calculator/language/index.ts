/**
 * The language of the calculator: text in, values out. It imports `numbers` and nothing of the server, so that it can be
 * used, tested and fuzzed alone.
 *
 *     const lines = [{ expression: 'x = 200', names: {} }, { expression: 'x + 10%', names: { x: 0 } }]
 *     evaluateLines(lines, 1e6, () => performance.now()) // [{ kind: 'definition', … }, { kind: 'value', text: '220', … }]
 */
export { CalculationError, type ErrorCode, type UnitDescription, unitsList } from '../numbers/index.ts'
export { emptyKindOf } from './beginning.ts'
export { encodeFunction } from './bindings.ts'
export { normalise } from './characters.ts'
export { type Computed, type Failed, LINE_KINDS, type LineKind } from './evaluate.ts'
export { evaluateLines, type Meaning, type SheetLine } from './evaluate-lines.ts'
export { constantsList } from './functions/constants.ts'
export { functionsList } from './functions/table.ts'
export { headOf, labelOf } from './head.ts'
export type { LineProblem } from './inherited-error.ts'
export { LENGTH, NOTES, REACHED_CHARACTERS, REACHED_NAMES, STORED, TEXT } from './limits.ts'
export { bindable as isBindable, namesIn } from './names.ts'
export { namesRead, totalsRead } from './names-read.ts'
export { hasOtherMeaning } from './prepare.ts'
export { renamed, saysTheSame } from './rename.ts'
export { TOTALS } from './totals.ts'
