import type { Grammar } from './grammar.ts'
import type { Targets } from './targets.ts'
import { timeOfDay } from './times-as-lengths.ts'
import type { Token } from './token.ts'
import type { Node } from './tree.ts'

/** Reads dates and times that were typed, with what belongs to them: `3 pm on 2026-11-28`, `14:00 New York time`. */
export class TypedMoments {
  readonly #grammar: Grammar
  readonly #targets: Targets

  constructor(grammar: Grammar, targets: Targets) {
    this.#grammar = grammar
    this.#targets = targets
  }

  /** Reads a date or time, with the date and the zone that may follow: `3 pm on 2026-11-28`, `14:00 New York time`. */
  read({ moment, position }: Token): Node {
    const { reader, vocabulary } = this.#grammar
    const { date, time, zone } = moment ?? {}
    const next = reader.peek(1).moment
    const isDated = time !== undefined && date === undefined && reader.token.word === 'on'
    const day = isDated && next?.time === undefined ? next?.date : undefined
    if (day !== undefined) reader.skip(2)
    const isOfDay = time !== undefined && date === undefined && zone === undefined
    if (isOfDay && /^(?:today|tomorrow|yesterday)$/i.test(reader.token.text))
      return timeOfDay(this.#grammar, this.#grammar.primary(), time, position)
    const place = time !== undefined && zone === undefined ? this.#placeOfTime() : undefined
    if (place !== undefined && reader.token.text === 'time' && !vocabulary.isBound('time')) reader.next()
    return this.#grammar.node({
      kind: 'moment',
      ...moment,
      ...(day !== undefined && { date: day }),
      ...(place !== undefined && { zone: place }),
      position,
    })
  }

  /** Takes the place right after a time: `14:00 UTC`, `9:35 in New York`. */
  #placeOfTime(): string | undefined {
    const { reader, vocabulary } = this.#grammar
    const { place } = reader
    if (reader.takeWords('in')) {
      const found = vocabulary.isBound('in') ? undefined : this.#targets.place()
      if (found === undefined) reader.goBack(place)
      return found
    }
    const { kind, text, word } = reader.token
    return kind === 'name' && word === '' && !vocabulary.isBound(text) ? this.#targets.place() : undefined
  }
}
