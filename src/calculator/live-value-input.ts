import { FrameError } from '../channels/index.ts'
import { evaluateLines } from './language/index.ts'
import { isOfClock } from './live-value-presentation.ts'
import type { EvaluationError } from './sandbox/answers.ts'
import { referredLine } from './sheet/document/reading.ts'
import { readLine } from './sheet/read-line.ts'

/** Characters of a name, and of a value. */
const NAME_LENGTH = 64
const VALUE_LENGTH = 200

/** Units of work for a definition: far more than it takes. */
const WORK = 1_000_000

const NAME = /^[\p{L}_][\p{L}\p{M}\p{N}_]*$/u

/**
 * @returns the name
 * @throws FrameError that says why a live value cannot be called so
 */
export function checkName(typed: string): string {
  const name = typed.normalize('NFC')
  if (!NAME.test(name) || [...name].length > NAME_LENGTH)
    throw new FrameError(
      'invalid',
      `name: takes letters, digits and _, at most ${NAME_LENGTH} of them, and does not begin with a digit`,
    )
  const definition = `${name} = 1`
  const reading = readLine(definition)
  const isTaken = reading.defines !== name || reading.definesBelow || reading.role !== 'value'
  if (
    isTaken ||
    !isDefinable(definition) ||
    isOfClock(name) ||
    name === 'ans' ||
    referredLine(name) !== undefined
  )
    throw new FrameError('invalid', `name: ${name} means something else on a sheet; choose another name`)
  return name
}

/** Tells whether a sheet takes the definition: it does not where the name is a constant, or one that JavaScript keeps for itself. */
function isDefinable(definition: string): boolean {
  const outcomes = evaluateLines([{ expression: definition, names: {} }], WORK, () => performance.now())
  return Array.isArray(outcomes) && outcomes.every((outcome) => !('error' in outcome))
}

/**
 * Returns the definition of a live value on a sheet. It has the same value on every sheet, because it uses nothing of the sheet.
 * @param evaluate tells what is wrong with a definition by itself
 * @throws FrameError that says what is wrong with the value
 */
export async function definitionOf(
  name: string,
  value: unknown,
  evaluate: (definition: string) => Promise<EvaluationError | undefined>,
): Promise<string> {
  const start = `${name} = `
  if (typeof value === 'number' && Number.isFinite(value)) return `${start}${value}`
  if (
    typeof value !== 'string' ||
    value.trim() === '' ||
    [...value].length > VALUE_LENGTH ||
    /[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)
  )
    throw new FrameError(
      'invalid',
      `value: takes a number, or one line of text of at most ${VALUE_LENGTH} characters`,
    )
  const definition = `${start}${value.trim()}`
  const { defines, role, totals } = readLine(definition)
  if (defines !== name || role !== 'value' || totals.length > 0)
    throw new FrameError('syntax', 'value: takes something that has a value of its own, such as 21.5 °C')
  const wrong = await evaluate(definition)
  if (!wrong) return definition
  const { code, message, position } = wrong.error
  throw new FrameError(code === 'cancelled' ? 'internal' : code, message, {
    ...(position !== undefined && { position: Math.max(0, position - [...start].length) }),
  })
}
