import { isPlain } from '../live/dom.ts'
import { localizeTimes, onNewDay } from '../live/times.ts'
import { Arrangement } from './arrangement.ts'
import { followFolds } from './blocked-messages.ts'
import { foldTall } from './fold.ts'
import { localizeValues } from './local-values.ts'
import { highlight } from './message-elements.ts'
import { MessageFocus } from './message-focus.ts'
import { pictureViewer } from './picture-viewer.ts'

/** Makes messages on a page of their own look and read as in their room: days, times and values as the reader writes them, and keys. */
export function messageList(list: HTMLElement): void {
  const messages = [...list.querySelectorAll('article')]
  const arrangement = new Arrangement(list)
  // Those that follow one another share days and names; others stand alone, each with its own.
  if (list.dataset.together !== undefined) for (const message of messages) arrangement.arrange(message)
  arrangement.labelDays()
  removeRepeatedDays(list)
  onNewDay(() => arrangement.labelDays())
  localizeTimes(list, 'clock')
  localizeValues(list)
  foldTall(messages)
  followFolds(list)
  pictureViewer(list)
  walkByKeys(list)
  leadToAnswered(list)
  list.querySelector('.message.marked')?.scrollIntoView({ block: 'center' })
}

/** Leaves the first of several dividers with the same day: messages that stand alone each have one. */
function removeRepeatedDays(list: HTMLElement): void {
  let last: string | null = null
  for (const day of list.querySelectorAll('.divider.day')) {
    if (day.textContent === last) day.remove()
    else last = day.textContent
  }
}

function walkByKeys(list: HTMLElement): void {
  const focus = new MessageFocus(list)
  list.addEventListener('keydown', (event) => {
    const isPlayer = event.target instanceof HTMLMediaElement
    if (isPlain(event) && !isPlayer && focus.walk(event.key)) event.preventDefault()
  })
}

/** Has links of answers lead to the answered messages on this page, where they are on it, and not to the room. */
function leadToAnswered(list: HTMLElement): void {
  list.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>('a.reply') : null
    const answered = document.getElementById(`message-${link?.dataset.target}`)
    if (!isPlain(event) || !link || !answered) return
    event.preventDefault()
    answered.scrollIntoView({ block: 'center' })
    if (!answered.hasAttribute('tabindex')) answered.tabIndex = -1
    answered.focus({ preventScroll: true })
    highlight(answered)
  })
}
