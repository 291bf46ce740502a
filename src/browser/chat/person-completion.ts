import Combobox from '@github/combobox-nav'
import renderOption from '#views/chat/mention-option.eta'
import { type MentionOptionView, mentionOption } from '../../chat/presentation.ts'
import { isObject } from '../client/index.ts'
import { isComposing } from '../live/composing.ts'
import { elementOf } from '../live/html.ts'

/** Milliseconds without a key after which people are looked up. */
const PAUSE = 100

export interface PersonCompletionOptions {
  /** The name that the text before the caret ends with; undefined: none is being typed. */
  readonly typed: (before: string) => string | undefined
  /** The people to offer for a name. */
  readonly find: (name: string, signal: AbortSignal) => Promise<readonly MentionOptionView[]>
  /** Written behind a name that was chosen. */
  readonly behind: string
}

/** Offers people for a name that is being typed, as a list from which one chooses by arrows, Enter and Tab, or by pointer. */
export class PersonCompletion {
  readonly #field: HTMLInputElement | HTMLTextAreaElement
  readonly #list: HTMLElement
  readonly #options: PersonCompletionOptions
  #combobox: Combobox | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #asking: AbortController | undefined

  /** @param list where the people are offered */
  constructor(
    field: HTMLInputElement | HTMLTextAreaElement,
    list: HTMLElement,
    options: PersonCompletionOptions,
  ) {
    this.#field = field
    this.#list = list
    this.#options = options
    field.addEventListener('input', () => this.#typed())
    field.addEventListener('blur', () => this.#close())
    field.addEventListener('keydown', (event) => {
      const isEscape = event instanceof KeyboardEvent && event.key === 'Escape'
      if (!isEscape || !this.#combobox || isComposing(event)) return
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
    const { selectionEnd, selectionStart, value } = this.#field
    if (selectionStart !== selectionEnd) return undefined
    return this.#options.typed(value.slice(0, selectionEnd ?? undefined))
  }

  async #offer(name: string): Promise<void> {
    this.#asking?.abort()
    const asking = new AbortController()
    this.#asking = asking
    try {
      const people = await this.#options.find(name, asking.signal)
      if (!asking.signal.aborted && this.#name() === name) this.#show(people)
    } catch {
      // A newer name is looked up instead, or there is no connection: names can be typed all the same.
    }
  }

  #show(options: readonly MentionOptionView[]): void {
    this.#combobox?.stop()
    if (options.length === 0) return this.#close()
    this.#list.replaceChildren(...options.map((option) => elementOf(renderOption(option))))
    this.#list.hidden = false
    this.#combobox ??= new Combobox(this.#field, this.#list, { firstOptionSelectionMode: 'selected' })
    this.#combobox.start()
    if (this.#field instanceof HTMLInputElement) return
    // A text of several lines stays a text box: neither the role nor this state is allowed for one.
    for (const attribute of ['role', 'aria-expanded']) this.#field.removeAttribute(attribute)
  }

  #complete(name: string): void {
    const typed = this.#name()
    this.#close()
    if (typed === undefined || name === '') return
    const end = this.#field.selectionEnd ?? this.#field.value.length
    this.#field.setRangeText(name + this.#options.behind, end - typed.length, end, 'end')
    this.#field.dispatchEvent(new InputEvent('input', { bubbles: true }))
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

/** Looks people up. @param address of a route that answers with them */
export async function findPeople(
  address: string,
  user: string,
  signal: AbortSignal,
): Promise<MentionOptionView[]> {
  const answer = await fetch(address, { headers: { 'x-partyline-user': user }, signal })
  return answer.ok ? readPeople(await answer.json()) : []
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
