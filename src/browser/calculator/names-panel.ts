import { byId } from '../live/dom.ts'
import { Popup } from '../live/popup.ts'
import type { Rows } from './rows.ts'

export interface NamesPanelOptions {
  readonly onChosen: (name: string) => void
  /** It is closed: where one was writing, one goes on. */
  readonly onClose: () => void
}

/** The names of the sheet with their values, to be put in by a click. */
export function namesPanel(rows: Rows, { onChosen, onClose }: NamesPanelOptions): void {
  const opener = byId('names-button', HTMLButtonElement)
  const item = byId('names-item', HTMLButtonElement)
  const list = byId('names-list', HTMLElement)
  if (!Popup.isSupported) return
  const popup = new Popup(byId('names-panel', HTMLElement), {
    onOpen: () => {
      list.replaceChildren(...entries(rows))
      const first = list.querySelector<HTMLElement>('button')
      ;(first ?? popup.element).focus({ preventScroll: true })
    },
    onClose,
  })
  opener.hidden = false
  // The line that is being edited keeps the focus.
  opener.addEventListener('mousedown', (event) => event.preventDefault())
  opener.addEventListener('click', () => (popup.isOpen ? popup.close() : popup.open(opener)))
  item.hidden = false
  item.addEventListener('click', () => {
    const menu = item.closest('details')
    if (menu) menu.open = false
    popup.open(menu?.querySelector('summary') ?? item)
  })
  list.addEventListener('click', ({ target }) => {
    const chosen = target instanceof Element ? target.closest('button') : null
    if (!chosen) return
    popup.close(false)
    onChosen(chosen.dataset.name ?? '')
  })
}

function entries(rows: Rows): HTMLElement[] {
  const definitions = rows.sorted([...rows.names.names].flatMap((name) => [...rows.names.definitions(name)]))
  if (definitions.length === 0) {
    const nothing = document.createElement('li')
    nothing.className = 'note'
    nothing.textContent = 'No names are defined yet. Define one, such as: rent = 1250'
    return [nothing]
  }
  return definitions.map((row) => {
    const entry = document.createElement('li')
    const choice = document.createElement('button')
    choice.type = 'button'
    choice.dataset.name = row.called
    const name = document.createElement('code')
    name.textContent = row.called
    const value = document.createElement('span')
    value.textContent = row.element.querySelector('.value')?.textContent ?? ''
    choice.append(name, ' ', value)
    entry.append(choice)
    return entry
  })
}
