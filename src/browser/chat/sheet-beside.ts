import { byId } from '../live/dom.ts'
import { browserTexts } from '../live/kept-texts.ts'

/** The key under which the browser keeps whether the sheet stands beside the talk. */
const KEPT = 'sheet beside talk'

/** From here on there is room for both. */
const ROOMY = '(min-width: 1200px)'

/** Lets a reader have the room's sheet beside its talk. @param onChange called when it comes or goes: there is less room for all else */
export function sheetBeside(onChange: () => void): void {
  const frame = byId('beside', HTMLIFrameElement)
  const button = byId('beside-switch', HTMLButtonElement)
  const roomy = matchMedia(ROOMY)
  let isWanted = browserTexts.get(KEPT) === 'on'
  const show = () => {
    const isShown = isWanted && roomy.matches
    button.hidden = !roomy.matches
    button.ariaPressed = String(isShown)
    frame.hidden = !isShown
    frame.closest('.live-grid')?.classList.toggle('with-sheet', isShown)
    // The sheet is followed for as long as it is shown.
    const wanted = isShown ? (frame.dataset.src ?? '') : 'about:blank'
    if (frame.getAttribute('src') !== wanted && (isShown || frame.hasAttribute('src'))) frame.src = wanted
    onChange()
  }
  button.addEventListener('click', () => {
    isWanted = !isWanted
    browserTexts.set(KEPT, isWanted ? 'on' : '')
    show()
  })
  roomy.addEventListener('change', show)
  show()
}
