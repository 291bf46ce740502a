/** How long a button says what became of a copy, in milliseconds. */
const OUTCOME = 2_000

/** Copies a value, and has the button say so. @returns what became of it */
export async function copyValue(button: HTMLElement | undefined, value: string): Promise<string> {
  const outcome = await copied(button, value)
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

async function copied(button: HTMLElement | undefined, value: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(value)
    return 'Copied'
  } catch {
    // Without https a browser gives no clipboard: the value is selected for the person's own copy.
    const shownValue = button?.parentElement?.querySelector('.value')
    if (shownValue) getSelection()?.selectAllChildren(shownValue)
    return 'Press Ctrl+C'
  }
}
