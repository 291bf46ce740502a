import { valueText } from '../../chat/presentation.ts'
import type { MessageValue } from '../../chat/protocol.ts'
import { byId } from '../live/dom.ts'
import { localValue } from './local-values.ts'
import type { PreviewRequests } from './preview-requests.ts'

/** Matches places at which an expression may begin. The server decides what is an expression, and what is code. */
const EXPRESSION = /^= |\{= /m
/** A pause in typing after which the values are asked for, in milliseconds. */
const PAUSE = 120

/** Shows the values of the expressions in the composer below it, while somebody types. */
export class ValuePreview {
  readonly #requests: PreviewRequests
  readonly #element = byId('composer-values', HTMLElement)
  #text = ''
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(requests: PreviewRequests) {
    this.#requests = requests
  }

  /** @param text what stands in the composer now */
  show(text: string): void {
    if (text === this.#text) return
    this.#text = text
    clearTimeout(this.#timer)
    if (!EXPRESSION.test(text)) return this.#write([])
    this.#timer = setTimeout(() => {
      this.#requests.ask('composer', text, (values) => {
        if (text === this.#text) this.#write(values)
      })
    }, PAUSE)
  }

  #write(values: readonly MessageValue[]): void {
    const items = values.map((value) => {
      const item = document.createElement('span')
      const shown = document.createElement('b')
      shown.textContent = valueText(value, localValue)
      item.append(`${value.expression} `, shown)
      return item
    })
    this.#element.replaceChildren(...items)
  }
}
