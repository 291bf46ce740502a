import type { Calendar } from '../web/presentation.ts'

/** The inputs of a sheet that are no live values: the clock sets them. */
export const INPUTS = ['today', 'now'] as const

/** Tells whether a name is one that the clock sets. */
export function isOfClock(name: string): boolean {
  return INPUTS.some((input) => input === name)
}

/** A live value as programs and pages get it. */
export interface LiveValue {
  readonly name: string
  /** As it was set. */
  readonly value: string
  /** As the calculator shows it. */
  readonly text: string
  /** When it was set last. */
  readonly at: string
  /** The username of the person who set it last. */
  readonly sender: string
}

/** The frame of an input, as far as a page needs it. */
export interface LiveValueFrame {
  readonly name: string
  /** Undefined: there is no such value any more. */
  readonly text: string | undefined
  readonly at: string
  readonly until: number
}

/** A live value as `views/calculator/live-value.eta` shows it. */
export interface LiveValueView {
  readonly name: string
  readonly text: string
  readonly at: string
  readonly time: string
  readonly full: string | undefined
}

/** @param calendar of the page's reader */
export function liveValueView(
  { name, text, at }: Pick<LiveValue, 'name' | 'text' | 'at'>,
  calendar: Calendar,
): LiveValueView {
  return { name, text, at, time: calendar.recent(at), full: calendar.full(at) }
}
