import { button } from './dom.ts'

/** Offers the time zone of this browser if it differs from the chosen one. @param note where the offer stands */
export function offerZoneHere(field: HTMLInputElement, note: HTMLElement): void {
  const here = zoneHere()
  if (!here || field.value === here) return
  note.textContent = `This browser’s time zone is ${here}. `
  note.append(
    button('Use it', () => {
      field.value = here
      note.hidden = true
      field.form?.requestSubmit()
    }),
  )
  note.hidden = false
}

/** The zone of this browser's clock. */
export function zoneHere(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}
