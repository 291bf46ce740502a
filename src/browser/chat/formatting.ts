import '@github/markdown-toolbar-element'
import { insertTextIntoField } from 'text-field-edit'
import { isComposing } from '../live/composing.ts'
import { byId } from '../live/dom.ts'
import { browserTexts } from '../live/kept-texts.ts'

interface Shortcut {
  /** The character of the key, or the key itself where its character depends on Shift and the keyboard. */
  readonly key: string
  readonly shift: boolean
}

/** By what the toolbar calls it. Each is one that people know from other places where one writes. */
const SHORTCUTS: Readonly<Record<string, Shortcut>> = {
  bold: { key: 'b', shift: false },
  italic: { key: 'i', shift: false },
  strikethrough: { key: 'x', shift: true },
  code: { key: 'e', shift: false },
  'code-block': { key: 'e', shift: true },
  link: { key: 'k', shift: false },
  'ordered-list': { key: 'Digit7', shift: true },
  'unordered-list': { key: 'Digit8', shift: true },
  quote: { key: 'Digit9', shift: true },
}

const FENCE = '```'
/** The key under which the browser keeps whether the toolbar is open. By default it is on a wide screen. */
const KEPT = 'formatting'
const isApple = /Mac|iP/.test(navigator.platform)

/** The toolbar for people who do not know Markdown, and its shortcuts. All that it does can be undone. */
export class Formatting {
  readonly #text: HTMLTextAreaElement
  readonly #toolbar = byId('formatting', HTMLElement)
  readonly #switch = byId('formatting-switch', HTMLButtonElement)

  constructor(text: HTMLTextAreaElement) {
    this.#text = text
    for (const button of this.#buttons()) describe(button)
    this.#switch.hidden = false
    this.#show(keptChoice() ?? matchMedia('(min-width: 601px) and (pointer: fine)').matches)
    this.#switch.addEventListener('click', () => {
      const isOpen = this.#switch.ariaExpanded !== 'true'
      this.#show(isOpen)
      browserTexts.set(KEPT, isOpen ? 'open' : 'closed')
      text.focus()
    })
    // The text keeps the focus, and with it the keyboard of a phone.
    for (const element of [this.#toolbar, this.#switch])
      element.addEventListener('pointerdown', (event) => event.preventDefault())
    this.#toolbar.addEventListener('click', (event) => this.#clicked(event), { capture: true })
    this.#toolbar.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') text.focus()
    })
    text.addEventListener('keydown', (event) => this.#key(event))
  }

  #show(isOpen: boolean): void {
    this.#toolbar.hidden = !isOpen
    this.#switch.ariaExpanded = String(isOpen)
  }

  #buttons(): HTMLButtonElement[] {
    return [...this.#toolbar.querySelectorAll('button')]
  }

  #key(event: KeyboardEvent): void {
    const isModified = isApple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey
    if (!isModified || event.altKey || isComposing(event)) return
    const pressed = [event.key.toLowerCase(), event.code]
    const button = this.#buttons().find(({ dataset: { mdButton = '' } }) => {
      const shortcut = SHORTCUTS[mdButton]
      return shortcut?.shift === event.shiftKey && pressed.includes(shortcut.key)
    })
    if (!button) return
    event.preventDefault()
    button.click()
  }

  /** Before the toolbar hears of it, which does all others. */
  #clicked(event: MouseEvent): void {
    const button = event.target instanceof Element ? event.target.closest('button') : null
    if (this.#text.readOnly) return event.stopImmediatePropagation()
    if (button?.dataset.mdButton !== 'code-block') return
    event.stopImmediatePropagation()
    this.#text.focus()
    toggleFence(this.#text)
  }
}

/** Puts the selected lines between fences, or takes away those around them. */
function toggleFence(text: HTMLTextAreaElement): void {
  const { value } = text
  const start = value.lastIndexOf('\n', text.selectionStart - 1) + 1
  const next = value.indexOf('\n', Math.max(text.selectionEnd, start))
  const end = next === -1 ? value.length : next
  const opening = new RegExp(`(?:^|\\n)${FENCE}[^\\n]*\\n$`).exec(value.slice(0, start))
  const closing = new RegExp(`^\\n${FENCE}(?=\\n|$)`).exec(value.slice(end))
  const lines = value.slice(start, end)
  if (opening && closing) {
    const from = start - opening[0].replace(/^\n/, '').length
    text.setSelectionRange(from, end + closing[0].length)
    insertTextIntoField(text, lines)
    return text.setSelectionRange(from, from + lines.length)
  }
  text.setSelectionRange(start, end)
  insertTextIntoField(text, `${FENCE}\n${lines}\n${FENCE}`)
  const from = start + FENCE.length + 1
  text.setSelectionRange(from, from + lines.length)
}

/** Says in the title of a button which keys do the same. */
function describe(button: HTMLButtonElement): void {
  const { mdButton = '', label = '' } = button.dataset
  const shortcut = SHORTCUTS[mdButton]
  if (!shortcut) return
  const key = shortcut.key.replace('Digit', '').toUpperCase()
  button.title = isApple
    ? `${label} (${shortcut.shift ? '⇧' : ''}⌘${key})`
    : `${label} (Ctrl+${shortcut.shift ? 'Shift+' : ''}${key})`
  const keys = [isApple ? 'Meta' : 'Control', ...(shortcut.shift ? ['Shift'] : []), key]
  button.setAttribute('aria-keyshortcuts', keys.join('+'))
}

function keptChoice(): boolean | undefined {
  const kept = browserTexts.get(KEPT)
  return kept === '' ? undefined : kept === 'open'
}
