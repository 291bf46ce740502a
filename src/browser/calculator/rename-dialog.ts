import { byId, find } from '../live/dom.ts'

/** Asks for a new name. */
export class RenameDialog {
  readonly #dialog = byId('rename-dialog', HTMLDialogElement)
  readonly #input = byId('rename-name', HTMLInputElement)
  readonly #onRename: (from: string, to: string) => void
  #name = ''
  #opener: Element | null = null

  constructor(onRename: (from: string, to: string) => void) {
    this.#onRename = onRename
    find(this.#dialog, 'form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      this.#dialog.close()
      const to = this.#input.value.trim()
      if (to !== '' && to !== this.#name) this.#onRename(this.#name, to)
    })
    find(this.#dialog, 'button[value="cancel"]', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    )
    this.#dialog.addEventListener('close', () => {
      if (this.#opener instanceof HTMLElement && this.#opener.isConnected) this.#opener.focus()
    })
  }

  ask(name: string): void {
    this.#name = name
    this.#opener = document.activeElement
    find(this.#dialog, 'h2 code', HTMLElement).textContent = name
    this.#input.value = name
    this.#dialog.showModal()
    this.#input.select()
  }
}
