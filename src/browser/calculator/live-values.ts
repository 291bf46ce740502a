import renderLiveValue from '#views/calculator/live-value.eta'
import { isOfClock, type LiveValueFrame, liveValueView } from '../../calculator/live-value-presentation.ts'
import { byId } from '../live/dom.ts'
import { elementOf, patch } from '../live/html.ts'
import { localCalendar, localizeTimes } from '../live/times.ts'

/** The live values of a sheet, which scripts set from outside. */
export class LiveValueList {
  readonly #section = byId('live-values', HTMLElement)
  readonly #list = byId('live-values-list', HTMLElement)
  /** Frames that came, of an edit that has not come whole. */
  #waiting: LiveValueFrame[] = []

  constructor() {
    localizeTimes(this.#list, 'recent')
  }

  /** Each value's name, and what it is now. */
  *entries(): Iterable<{ readonly name: string; readonly text: string }> {
    for (const entry of this.#entries())
      yield { name: entry.dataset.name ?? '', text: entry.querySelector('.live-text')?.textContent ?? '' }
  }

  receive(frame: LiveValueFrame): void {
    if (!isOfClock(frame.name)) this.#waiting.push(frame)
  }

  /** Shows what has come of edits that end here or before. */
  showUpTo(rev: number): void {
    const shown = this.#waiting.filter(({ until }) => until <= rev)
    if (shown.length === 0) return
    this.#waiting = this.#waiting.filter(({ until }) => until > rev)
    for (const frame of shown) this.#show(frame)
    this.#section.hidden = this.#list.children.length === 0
  }

  #show(frame: LiveValueFrame): void {
    const entries = this.#entries()
    const known = entries.find(({ dataset }) => dataset.name === frame.name)
    if (frame.text === undefined) return known?.remove()
    const element = elementOf(renderLiveValue(liveValueView({ ...frame, text: frame.text }, localCalendar)))
    if (known) return patch(known, element)
    const next = entries.find(({ dataset }) => (dataset.name ?? '') > frame.name)
    this.#list.insertBefore(element, next ?? null)
  }

  #entries(): HTMLElement[] {
    return [...this.#list.querySelectorAll<HTMLElement>('li')]
  }
}

/** Reads the frame of an input. */
export function inputOf({ name, text, at, until }: Readonly<Record<string, unknown>>): LiveValueFrame {
  return {
    name: String(name),
    text: typeof text === 'string' ? text : undefined,
    at: String(at),
    until: Number(until),
  }
}
