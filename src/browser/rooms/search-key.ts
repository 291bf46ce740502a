/**
 * Goes to the search field of the page, or to the search page. On Ctrl+/, or ⌘/, on Ctrl+K if that has no other meaning (in the
 * composer it makes a link), and outside of fields on a slash alone.
 */
export function searchByKey(): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || !asksForSearch(event)) return
    event.preventDefault()
    const field = ['top-search', 'search'].map((id) => document.getElementById(id)).find(isThere)
    if (field instanceof HTMLInputElement) {
      field.focus()
      field.select()
    } else document.getElementById('search-link')?.click()
  })
}

function asksForSearch({ altKey, ctrlKey, key, metaKey, shiftKey, target }: KeyboardEvent): boolean {
  if (altKey) return false
  // On some keyboards the slash takes Shift.
  if (ctrlKey || metaKey) return key === '/' || (key.toLowerCase() === 'k' && !shiftKey)
  // A row of a sheet begins to be written with what is typed on it.
  const takesText = 'input, textarea, select, [contenteditable], [role=menu], .line'
  return key === '/' && !(target instanceof Element && target.closest(takesText))
}

/** A field that is not shown cannot take the focus. */
function isThere(element: HTMLElement | null): boolean {
  return element !== null && element.offsetParent !== null
}
