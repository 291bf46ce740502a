/** Shows a button that copies the content of a field, and confirms it. */
export function offerCopy(field: HTMLInputElement, button: HTMLButtonElement, outcome: HTMLElement): void {
  button.hidden = false
  button.addEventListener('click', async () => {
    await copyText(field)
    outcome.textContent = 'Copied.'
  })
}

/**
 * Copies the text of a field. A page that may not write to the clipboard, as over plain http, at least selects it, to be copied
 * by hand.
 */
async function copyText(field: HTMLInputElement): Promise<void> {
  field.select()
  const isWritten = await navigator.clipboard?.writeText(field.value).then(
    () => true,
    () => false,
  )
  if (!isWritten) document.execCommand('copy')
}
