import { wordsIn } from '../../calculator/line-presentation.ts'
import { button } from '../live/dom.ts'
import type { Row, Rows } from './rows.ts'

export interface NameLensOptions {
  readonly rows: Rows
  readonly onGo: (row: Row) => void
  readonly onRename: (name: string) => void
}

/** Shows where the name at the caret is defined and used, and leads there. */
export class NameLens {
  /** Stands below the line that is written. */
  readonly element = document.createElement('p')
  readonly #options: NameLensOptions
  #name: string | undefined
  #from: Row | undefined
  readonly #lit = new Set<Element>()

  constructor(options: NameLensOptions) {
    this.#options = options
    this.element.className = 'name-info'
    this.element.hidden = true
    // A press must not take the caret away.
    this.element.addEventListener('mousedown', (event) => event.preventDefault())
  }

  /** The name that the caret is in, or right behind. */
  get name(): string | undefined {
    return this.#name
  }

  /** @param from the row that is written; undefined: a new one */
  look(input: HTMLInputElement, from: Row | undefined): void {
    const caret = input.selectionStart ?? 0
    const found = wordsIn(input.value).find(
      ({ word, index }) => index <= caret && caret <= index + word.length,
    )
    const isName = found && this.#options.rows.names.isDefined(found.word)
    this.show(isName ? found.word : undefined, from)
  }

  show(name: string | undefined, from: Row | undefined): void {
    if (name === this.#name && from === this.#from) return
    this.#from = from
    if (name !== this.#name) this.#light(name)
    this.element.hidden = name === undefined
    if (name !== undefined) this.#describe(name, from)
  }

  /** Goes to where the name is defined. */
  goToDefinition(): void {
    const row = this.#name === undefined ? undefined : this.#definition(this.#name, this.#from)
    if (row) this.#options.onGo(row)
  }

  /** Goes to the next line that uses the name; behind the last one, to the first. */
  goToNextUse(): void {
    if (this.#name === undefined) return
    const uses = this.#uses(this.#name)
    const after = uses.find(({ position }) => position > (this.#from?.position ?? ''))
    const row = after ?? uses[0]
    if (row) this.#options.onGo(row)
  }

  /** Marks a name wherever it stands. */
  #light(name: string | undefined): void {
    this.#name = name
    for (const element of this.#lit) element.classList.remove('lit')
    this.#lit.clear()
    if (name === undefined) return
    const { rows } = this.#options
    for (const seq of rows.names.mentions(name))
      for (const element of rows.find(seq)?.element.querySelectorAll('.name') ?? [])
        if (element.textContent === name) {
          element.classList.add('lit')
          this.#lit.add(element)
        }
  }

  #definition(name: string, from: Row | undefined): Row | undefined {
    return this.#options.rows.definition(name, from)
  }

  #uses(name: string): Row[] {
    const { rows } = this.#options
    const definitions = rows.names.definitions(name)
    return rows.sorted([...rows.names.mentions(name)].filter((seq) => !definitions.has(seq)))
  }

  #describe(name: string, from: Row | undefined): void {
    const { onRename } = this.#options
    const definition = this.#definition(name, from)
    const uses = this.#uses(name).length
    const shown = document.createElement('code')
    shown.textContent = definition?.expression ?? name
    const items: (Node | string)[] = [shown, definition?.text ? ` = ${definition.text} ` : ' ']
    if (definition && definition !== from)
      items.push(keyButton('Definition', 'F12', () => this.goToDefinition()))
    if (uses > 0)
      items.push(keyButton(uses === 1 ? '1 use' : `${uses} uses`, 'Shift+F12', () => this.goToNextUse()))
    items.push(keyButton('Rename', 'F2', () => onRename(name)))
    this.element.replaceChildren(...items)
    for (const control of this.element.querySelectorAll('button')) control.tabIndex = -1
  }
}

/** A button that is labelled with its key, which is of no use on a telephone. */
function keyButton(label: string, key: string, onClick: () => void): HTMLButtonElement {
  const control = button(label, onClick)
  const shown = document.createElement('span')
  shown.className = 'key'
  shown.textContent = ` (${key})`
  control.append(shown)
  return control
}
