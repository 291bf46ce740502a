import Combobox from '@github/combobox-nav'
import renderOption from '#views/chat/mention-option.eta'
import { everybodyOptions, type MentionOptionView, mentionOption } from '../../chat/presentation.ts'
import { isObject } from '../client/index.ts'
import { isComposing } from '../live/composing.ts'
import { elementOf } from '../live/html.ts'

/** Milliseconds without a key after which people are looked up. */
const PAUSE = 100

/** The beginning of a name behind an `@`, up to the cursor. */
const TYPED = /(?<![\p{L}\p{N}_@/.-])@(?<name>[\p{L}\p{N}_-]{0,32})$/u

export interface MentionCompletionOptions {
  readonly room: string
  readonly user: string
  /** `@here` and `@room` are offered, too. */
  readonly hasEverybody: boolean
}

/** Offers the people of a room behind an `@`, as a list from which one chooses by arrows, Enter and Tab, or by pointer. */
export class MentionCompletion {
  readonly #text: HTMLTextAreaElement
  readonly #list: HTMLElement
  readonly #options: MentionCompletionOptions
  #combobox: Combobox | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #asking: AbortController | undefined

  /** @param list where the people are offered */
  constructor(text: HTMLTextAreaElement, list: HTMLElement, options: MentionCompletionOptions) {
    this.#text = text
    this.#list = list
    this.#options = options
    text.addEventListener('input', () => this.#typed())
    text.addEventListener('blur', () => this.#close())
    text.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.#combobox || isComposing(event)) return
      event.stopImmediatePropagation()
      event.preventDefault()
      this.#close()
    })
    list.addEventListener('pointerdown', (event) => event.preventDefault())
    list.addEventListener('combobox-commit', ({ target }) => {
      if (target instanceof HTMLElement) this.#complete(target.dataset.name ?? '')
    })
  }

  #typed(): void {
    clearTimeout(this.#timer)
    const name = this.#name()
    if (name === undefined) return this.#close()
    this.#timer = setTimeout(() => void this.#offer(name), PAUSE)
  }

  /** The part of a name that stands before the caret; undefined: no name is being typed. */
  #name(): string | undefined {
    const { selectionEnd, selectionStart, value } = this.#text
    if (selectionStart !== selectionEnd) return undefined
    return TYPED.exec(value.slice(0, selectionEnd))?.groups?.name
  }

  async #offer(name: string): Promise<void> {
    this.#asking?.abort()
    const asking = new AbortController()
    this.#asking = asking
    try {
      const { room, user } = this.#options
      const answer = await fetch(`/api/rooms/${room}/people?q=${encodeURIComponent(name)}`, {
        headers: { 'x-partyline-user': user },
        signal: asking.signal,
      })
      const people = answer.ok ? readPeople(await answer.json()) : []
      if (!asking.signal.aborted && this.#name() === name) this.#show([...people, ...this.#everybody(name)])
    } catch {
      // A newer name is looked up instead, or the line is down: names can be typed all the same.
    }
  }

  #everybody(name: string): MentionOptionView[] {
    if (!this.#options.hasEverybody) return []
    return everybodyOptions.filter(({ username }) => username.startsWith(name.toLowerCase()))
  }

  #show(options: readonly MentionOptionView[]): void {
    this.#combobox?.stop()
    if (options.length === 0) return this.#close()
    this.#list.replaceChildren(...options.map((option) => elementOf(renderOption(option))))
    this.#list.hidden = false
    this.#combobox ??= new Combobox(this.#text, this.#list, { firstOptionSelectionMode: 'selected' })
    this.#combobox.start()
    // A text of several lines stays a text box: neither the role nor this state is allowed for one.
    for (const attribute of ['role', 'aria-expanded']) this.#text.removeAttribute(attribute)
  }

  #complete(name: string): void {
    const typed = this.#name()
    this.#close()
    if (typed === undefined || name === '') return
    const { selectionEnd } = this.#text
    this.#text.setRangeText(`${name} `, selectionEnd - typed.length, selectionEnd, 'end')
    this.#text.dispatchEvent(new InputEvent('input', { bubbles: true }))
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#asking?.abort()
    this.#combobox?.destroy()
    this.#combobox = undefined
    this.#list.hidden = true
    this.#list.replaceChildren()
  }
}

function readPeople(answer: unknown): MentionOptionView[] {
  if (!isObject(answer) || !Array.isArray(answer.people)) return []
  return answer.people
    .filter(isObject)
    .map(({ display_name: displayName, name, picture }) =>
      mentionOption(
        String(name),
        typeof displayName === 'string' ? displayName : undefined,
        typeof picture === 'string' ? picture : undefined,
      ),
    )
}
