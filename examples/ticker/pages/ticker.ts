import { isObject } from '../../../src/browser/client/index.ts'
import { LiveSocket } from '../../../src/browser/live/socket.ts'

/** Moving content can be stopped, for people who read slowly or listen to the page. Price changes are not announced. */
const pause = document.querySelector<HTMLButtonElement>('#pause')
const isPaused = () => pause?.ariaPressed === 'true'
const cells = document.querySelectorAll<HTMLElement>('[data-price]')
let latest: Record<string, unknown> = {}

function show(): void {
  for (const cell of cells) {
    const price = latest[cell.dataset.price ?? '']
    if (typeof price === 'number' && !isPaused()) cell.textContent = (price / 100).toFixed(2)
  }
}
new LiveSocket({
  path: '/ws/ticker',
  user: document.body.dataset.user ?? '',
  onState() {},
  onFrame({ prices }) {
    if (isObject(prices)) latest = prices
    show()
  },
})

pause?.toggleAttribute('hidden', false)
pause?.addEventListener('click', () => {
  pause.ariaPressed = String(!isPaused())
  show()
})
