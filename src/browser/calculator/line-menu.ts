import { byId, find } from '../live/dom.ts'
import { onLongPress } from '../live/long-press.ts'
import { Popup } from '../live/popup.ts'
import type { Row, Rows } from './rows.ts'

export type LineCommand = 'copy' | 'insert' | 'up' | 'down' | 'rename' | 'post' | 'remove'

/** The menu of a line. It opens by the button at the line, and by a long press. */
export class LineMenu {
  readonly #menu = byId('line-menu', HTMLElement)
  readonly #rows: Rows
  readonly #popup: Popup
  #row: Row | undefined

  constructor(rows: Rows, onCommand: (command: LineCommand, row: Row) => void) {
    this.#rows = rows
    this.#popup = new Popup(this.#menu, {
      onOpen: () => this.#items()[0]?.focus({ preventScroll: true }),
      onClose: () => {
        const row = this.#row
        row?.element.classList.remove('chosen')
        // When the line was made anew while the menu was open, the button that it was opened by is gone.
        const { activeElement } = document
        if (row && (activeElement === document.body || this.#menu.contains(activeElement)))
          row.element.focus({ preventScroll: true })
        this.#row = undefined
      },
    })
    this.#menu.addEventListener('click', ({ target }) => {
      const item = target instanceof Element ? target.closest<HTMLElement>('[data-command]') : null
      const row = this.#row
      const command = commandOf(item?.dataset.command)
      if (!command || !row) return
      this.#popup.close()
      onCommand(command, row)
    })
    this.#menu.addEventListener('keydown', (event) => this.#walk(event))
    rows.element.addEventListener('click', (event) => {
      const { target } = event
      const row = target instanceof Element && target.closest('.more') ? rows.of(target) : undefined
      if (!row || !Popup.isSupported) return
      event.preventDefault()
      if (this.#row === row) this.#popup.close()
      else this.open(row)
    })
    rows.decorate(({ element }) => {
      const more = element.querySelector<HTMLElement>('.more')
      if (!more) return
      more.role = 'button'
      more.tabIndex = -1
      more.ariaHasPopup = 'menu'
      more.ariaExpanded = 'false'
    })
    onLongPress(rows.element, '.line[data-seq]:not(.editing)', (element) => {
      const row = rows.of(element)
      if (row) this.open(row)
    })
  }

  open(row: Row): void {
    const more = find(row.element, '.more', HTMLElement)
    const hasValue = row.text !== ''
    const shown: Partial<Record<LineCommand, boolean>> = {
      copy: hasValue,
      post: hasValue,
      rename: [...this.#rows.names.names].includes(row.called),
      up: this.#rows.first !== row,
      down: this.#rows.last !== row,
    }
    for (const item of this.#menu.querySelectorAll<HTMLElement>('[data-command]')) {
      const command = commandOf(item.dataset.command)
      item.hidden = command !== undefined && shown[command] === false
    }
    this.#popup.open(more)
    this.#row = row
    row.element.classList.add('chosen')
  }

  #items(): HTMLElement[] {
    return [...this.#menu.querySelectorAll<HTMLElement>('[data-command]:not([hidden])')]
  }

  #walk(event: KeyboardEvent): void {
    const items = this.#items()
    const here = items.findIndex((item) => item.matches(':focus'))
    const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }[event.key]
    if (there === undefined) return
    event.preventDefault()
    items.at(there % items.length)?.focus()
  }
}

const COMMANDS: readonly LineCommand[] = ['copy', 'insert', 'up', 'down', 'rename', 'post', 'remove']

function commandOf(text: string | undefined): LineCommand | undefined {
  return COMMANDS.find((command) => command === text)
}
