import { button } from './dom.ts'
import type { Draft } from './outbox.ts'

export interface FailureActions {
  readonly onRetry: (draft: Draft) => void
  readonly onEdit: (draft: Draft) => void
  readonly onDiscard: (draft: Draft) => void
}

/** Says at a message why it was not taken, and what can be done; nothing where it may still go. */
export function showFailure(element: HTMLElement, draft: Draft, actions: FailureActions): void {
  const present = element.querySelector('.failure-note')
  if (present?.firstElementChild?.textContent === reasonOf(draft)) return
  present?.remove()
  element.classList.toggle('failed', draft.error !== undefined)
  if (draft.error !== undefined) element.append(failureNote(draft, actions))
}

function failureNote(draft: Draft, actions: FailureActions): HTMLElement {
  const note = document.createElement('div')
  note.className = 'failure-note'
  const reason = document.createElement('span')
  reason.textContent = reasonOf(draft)
  note.append(
    reason,
    button('Try again', () => actions.onRetry(draft)),
    button('Edit', () => actions.onEdit(draft)),
    button('Discard', () => actions.onDiscard(draft)),
  )
  return note
}

function reasonOf(draft: Draft): string {
  return `Not sent: ${draft.error}`
}
