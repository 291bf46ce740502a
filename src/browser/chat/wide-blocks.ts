const BLOCKS = '.text pre, .text .table'

/** Looks again where a window becomes narrower, or a message is unfolded; it first looks after a layout that happens anyway. */
const sizes = new ResizeObserver((entries) => {
  // All is measured before anything is changed.
  const measured = entries.map(({ target }) => ({ target, isWide: target.scrollWidth > target.clientWidth }))
  for (const { target, isWide } of measured) {
    // One that has left the page, which an observer would keep.
    if (!target.isConnected) sizes.unobserve(target)
    setReachable(target, isWide)
  }
})

/**
 * Lets the Tab key stop at code and tables that are wider than their messages, so that the arrow keys scroll them: some browsers do
 * not stop there by themselves.
 */
export function reachWideBlocks(messages: Iterable<ParentNode>): void {
  for (const message of messages) {
    for (const block of message.querySelectorAll(BLOCKS)) {
      // Also one that was changed and is as large as before.
      sizes.unobserve(block)
      sizes.observe(block)
    }
  }
}

function setReachable(block: Element, isWide: boolean): void {
  if (isWide) {
    block.setAttribute('tabindex', '0')
    block.role = 'group'
    // Not as `aria-label`, which would be read in place of the code where a message is named by its text.
    block.setAttribute('aria-labelledby', labelOf(block.matches('pre') ? 'Code' : 'Table'))
  } else for (const name of ['tabindex', 'role', 'aria-labelledby']) block.removeAttribute(name)
}

/** @returns the id of an element with this text, which is not shown */
function labelOf(text: 'Code' | 'Table'): string {
  const id = `wide-${text.toLowerCase()}`
  if (!document.getElementById(id)) {
    const label = document.createElement('span')
    label.id = id
    label.hidden = true
    label.textContent = text
    document.body.append(label)
  }
  return id
}
