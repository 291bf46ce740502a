import { button } from './dom.ts'
import type { PendingDraft } from './outbox.ts'
import { daysAgo } from './times.ts'

export interface FailureActions {
  readonly onRetry: (draft: PendingDraft) => void
  readonly onEdit: (draft: PendingDraft) => void
  readonly onDiscard: (draft: PendingDraft) => void
}

/** Says at a message why it is not sent, and what can be done; nothing where it may still go. */
export function showFailure(element: HTMLElement, draft: PendingDraft, actions: FailureActions): void {
  const reason = reasonOf(draft)
  const present = element.querySelector('.failure-note')
  element.classList.toggle('pending', reason === undefined)
  element.classList.toggle('failed', draft.error !== undefined)
  element.classList.toggle('unsent', reason !== undefined && draft.error === undefined)
  if (present?.firstElementChild?.textContent === reason) return
  present?.remove()
  if (reason !== undefined) element.append(failureNote(reason, draft, actions))
}

/** Why a draft waits for its author; undefined: it does not. */
export function reasonOf({ error, old, at }: PendingDraft): string | undefined {
  if (error !== undefined) return `Not sent: ${error}`
  return old ? `You wrote this ${daysAgo(at)} and it was not sent.` : undefined
}

function failureNote(reason: string, draft: PendingDraft, actions: FailureActions): HTMLElement {
  const note = document.createElement('div')
  note.className = 'failure-note'
  const text = document.createElement('span')
  text.textContent = reason
  note.append(
    text,
    button(draft.error === undefined ? 'Send it now' : 'Try again', () => actions.onRetry(draft)),
    button('Edit', () => actions.onEdit(draft)),
    button('Discard', () => actions.onDiscard(draft)),
  )
  return note
}
