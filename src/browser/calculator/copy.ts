/** Milliseconds for which a button shows whether copying worked. */
const OUTCOME = 2_000

/** Copies a value, and shows on the button whether that worked. @returns what became of it */
export async function copyValue(button: HTMLElement | undefined, value: string): Promise<string> {
  const outcome = await copied(value)
  if (!button) return outcome
  if (button.dataset.outcome === undefined) {
    const label = [...button.childNodes]
    setTimeout(() => {
      delete button.dataset.outcome
      button.replaceChildren(...label)
    }, OUTCOME)
  }
  button.dataset.outcome = outcome
  button.textContent = outcome
  return outcome
}

/** Has the buttons of lines copy their values, on a page on which nothing is written. */
export function copyByButtons(lines: HTMLElement): void {
  lines.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>('[data-action="copy"]') : null
    if (button) void copyValue(button, button.dataset.text ?? '')
  })
}

async function copied(value: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(value)
    return 'Copied'
  } catch {
    return copiedWithoutClipboard(value) ? 'Copied' : 'Copying works only over https'
  }
}

/** Over plain http a browser gives no clipboard, but has a page say what is copied. */
function copiedWithoutClipboard(value: string): boolean {
  let isCopied = false
  const copy = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', value)
    event.preventDefault()
    isCopied = event.clipboardData !== null
  }
  document.addEventListener('copy', copy, { capture: true })
  document.execCommand('copy')
  document.removeEventListener('copy', copy, { capture: true })
  return isCopied
}
