import { INPUTS } from '../live-value-presentation.ts'
import { type DocumentLine, inputPosition, type Reading } from './document/reading.ts'
import type { SheetDocument } from './document/sheet-document.ts'

/** Names that the clock sets. */
export type InputName = (typeof INPUTS)[number]

/** Each input as its definition: `today = 2026-11-28`. */
export type InputDefinitions = Readonly<Record<InputName, string>>

const MINUTE = 60_000

/** The inputs as they are when it is called. */
export function inputsOver(now: () => number, zone: string): () => InputDefinitions {
  let minute = Number.NaN
  let inputs = inputsAt(now(), zone)
  return () => {
    const present = Math.floor(now() / MINUTE)
    if (present !== minute) inputs = inputsAt(present * MINUTE, zone)
    minute = present
    return inputs
  }
}

/** Returns the day, and the time to the minute, in a zone. */
export function inputsAt(milliseconds: number, zone: string): InputDefinitions {
  const local = Temporal.Instant.fromEpochMilliseconds(milliseconds).toZonedDateTimeISO(zone)
  const time = local.toPlainTime().toString({ smallestUnit: 'minute' })
  return { today: `today = ${local.toPlainDate()}`, now: `now = ${local.toPlainDate()} ${time}` }
}

/**
 * The inputs that a document needs and does not have, and with `isRefresh` those that are different by now.
 * @param firstSeq the `seq` of the first new one
 */
export function dueInputs(
  document: SheetDocument,
  definitions: InputDefinitions,
  firstSeq: number,
  read: (expression: string) => Reading,
  isRefresh: boolean,
): DocumentLine[] {
  const due: DocumentLine[] = []
  let seq = firstSeq
  for (const name of INPUTS) {
    const position = inputPosition(name)
    const present = document.input(name)
    const expression = definitions[name]
    const isDue = present ? isRefresh && present.expression !== expression : document.isOpen(name)
    if (!isDue) continue
    due.push({ seq: present?.seq ?? seq, position, expression, written: seq, reading: read(expression) })
    if (!present) seq += 1
  }
  return due
}
