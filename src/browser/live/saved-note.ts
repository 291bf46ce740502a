/**
 * Has a screen reader say what the page says of a form that was just saved, which it says of what changes alone; and takes it out of
 * the address, so that neither a reload nor Back tells it again.
 */
export function announceSaved(): void {
  const note = document.getElementById('saved')
  if (!note) return
  const words = note.textContent
  note.textContent = ''
  requestAnimationFrame(() => {
    note.textContent = words
  })
  const address = new URL(location.href)
  address.searchParams.delete('saved')
  history.replaceState(history.state, '', address)
}
