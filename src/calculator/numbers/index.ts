export { CalculationError, type ErrorCode, evaluation, limit, syntax } from './errors.ts'
export type { Meter } from './meter.ts'
export type { Unit } from './units/unit.ts'
