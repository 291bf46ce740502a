/** Milliseconds that updates wait on a hidden page, which gets no animation frames. */
const HIDDEN = 100

/** Combines updates within one animation frame, so that a thousand messages are one change of the page. */
export function batch<Item>(deliver: (items: readonly Item[]) => void): (item: Item) => void {
  let waiting: Item[] = []
  const flush = () => {
    const items = waiting
    waiting = []
    if (items.length > 0) deliver(items)
  }
  return (item) => {
    waiting.push(item)
    if (waiting.length > 1) return
    if (document.visibilityState === 'visible') requestAnimationFrame(flush)
    // Also where a page is hidden before its next frame.
    setTimeout(flush, HIDDEN)
  }
}
