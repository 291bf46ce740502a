import { button } from '../live/dom.ts'

/** Offers the zone of this browser, where another one was chosen. */
const field = document.getElementById('zone')
const note = document.getElementById('zone-here')
const here = Intl.DateTimeFormat().resolvedOptions().timeZone
if (field instanceof HTMLInputElement && note && here && field.value !== here) {
  note.textContent = `This browser’s clock is that of ${here}. `
  note.append(
    button('Use it', () => {
      field.value = here
      note.hidden = true
      field.form?.requestSubmit()
    }),
  )
  note.hidden = false
}
