/** Milliseconds until a touch is a long press, and pixels by which the finger may move. */
const LONG = 500
const STRAY = 10

/** Calls back when a finger rests on a matching element within `root`. The touch then does not count as a tap. */
export function onLongPress(
  root: HTMLElement,
  selector: string,
  callback: (element: HTMLElement) => void,
): void {
  let pressed: HTMLElement | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let from = { x: 0, y: 0 }
  const stop = () => {
    clearTimeout(timer)
    pressed = undefined
  }
  const press = () => {
    const element = pressed
    stop()
    if (!element) return
    swallowTap()
    callback(element)
  }
  root.addEventListener('pointerdown', ({ pointerType, target, clientX, clientY, isPrimary }) => {
    stop()
    const element = target instanceof Element ? target.closest<HTMLElement>(selector) : null
    if (pointerType !== 'touch' || !isPrimary || !element) return
    pressed = element
    from = { x: clientX, y: clientY }
    timer = setTimeout(press, LONG)
  })
  root.addEventListener('pointermove', ({ clientX, clientY }) => {
    if (Math.hypot(clientX - from.x, clientY - from.y) > STRAY) stop()
  })
  // `pointercancel`: the finger scrolls.
  for (const end of ['pointerup', 'pointercancel']) root.addEventListener(end, stop)
  // A browser with a menu of its own may be quicker.
  root.addEventListener('contextmenu', (event) => {
    if (!pressed) return
    event.preventDefault()
    press()
  })
}

/** Until the finger is lifted nothing else comes of the press: no focus, no click, no menu of the browser. */
function swallowTap(): void {
  const swallow = (event: Event) => event.preventDefault()
  const events = ['contextmenu', 'touchend', 'mousedown', 'click']
  const options = { capture: true, passive: false }
  for (const event of events) document.addEventListener(event, swallow, options)
  const release = () => {
    // A click comes right behind the end of the press.
    setTimeout(() => {
      for (const event of events) document.removeEventListener(event, swallow, options)
    })
  }
  for (const end of ['touchend', 'touchcancel']) document.addEventListener(end, release, { once: true })
}
