/**
 * Shows what the page says of a form that was just saved, which may be far down, and has a screen reader say it: that says only what
 * changes.
 */
export function announceSaved(): void {
  const note = document.getElementById('saved')
  if (!note) return
  const words = note.textContent
  note.textContent = ''
  requestAnimationFrame(() => {
    note.textContent = words
  })
  note.scrollIntoView({ block: 'nearest' })
}
