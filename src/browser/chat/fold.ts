import { button } from '../live/dom.ts'
import { nameMessage } from './message-elements.ts'
import { reachWideBlocks } from './wide-blocks.ts'

/** A text that is shorter in characters and in lines is never taller than the style's `max-height`, on the narrowest screen. */
const CHARACTERS = 500
const LINES = 18

/** Elements of a text that stand by themselves. */
const BLOCKS = 'p, pre, blockquote, h3, h4, h5, hr'

/** Gives texts that are cut off because they are very tall a button that shows all of them. A screen reader reads all anyway. */
export function foldTall(messages: Iterable<HTMLElement>): void {
  const candidates = [...messages].flatMap((message) => {
    const text = message.querySelector<HTMLElement>('.text')
    return text && mayBeTall(text) ? [{ message, text }] : []
  })
  // All is measured before anything is changed: one layout, not one for each.
  const tall = candidates.filter(({ text }) => text.scrollHeight > text.clientHeight + 1)
  for (const { message, text } of tall) offerAll(message, text)
}

/** Changes a message, which may become tall or be no longer; one that was shown whole stays so. */
export function keepingOpen(message: HTMLElement, change: () => void): void {
  const wasOpen = message.querySelector('.text.open') !== null
  change()
  nameMessage(message)
  foldTall([message])
  reachWideBlocks([message])
  if (wasOpen) message.querySelector<HTMLElement>('.unfold')?.click()
}

/** A block of a message takes up to two lines with the space around it, and is counted as that. */
function mayBeTall(element: HTMLElement): boolean {
  const { textContent: text } = element
  const breaks = element.querySelectorAll('br, li, tr').length + 2 * element.querySelectorAll(BLOCKS).length
  return text.length > CHARACTERS || text.split('\n', LINES + 1).length + breaks > LINES
}

function offerAll(message: HTMLElement, text: HTMLElement): void {
  if (message.querySelector('.unfold')) return
  const control = button('Show all', () => {
    const open = text.classList.toggle('open')
    control.ariaExpanded = String(open)
    control.textContent = open ? 'Show less' : 'Show all'
    if (!open) message.scrollIntoView({ block: 'nearest' })
  })
  control.classList.add('unfold')
  control.ariaExpanded = 'false'
  text.classList.add('tall')
  text.after(control)
  if (watched.has(text)) return
  watched.add(text)
  // A link in what is cut off that gets the focus would be out of sight.
  text.addEventListener('focusin', () => {
    if (text.matches('.tall:not(.open)')) message.querySelector<HTMLElement>('.unfold')?.click()
  })
}

/** Texts that open when the focus comes into them. */
const watched = new WeakSet<HTMLElement>()
