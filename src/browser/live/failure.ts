import type { FailureView } from '../../web/presentation.ts'
import type { PendingDraft } from '../client/index.ts'
import { daysAgo } from './times.ts'

/** The actions on a draft that was not sent. */
export interface FailureActions {
  readonly onRetry: (draft: PendingDraft) => void
  readonly onEdit: (draft: PendingDraft) => void
  readonly onDiscard: (draft: PendingDraft) => void
}

/**
 * The reason why a draft waits for its author; undefined: it does not.
 * @param sendIt what the button is called that sends an old one
 */
export function failureOf(
  { error, old, at, command }: PendingDraft,
  sendIt: string,
): FailureView | undefined {
  const canEdit = command?.type !== 'edit'
  if (error !== undefined)
    return { reason: `Not sent: ${error}`, isRefused: true, retry: 'Try again', canEdit }
  if (!old) return undefined
  const reason = `You wrote this ${daysAgo(at)}, and it was not sent.`
  return { reason, isRefused: false, retry: sendIt, canEdit }
}

/** Handles the buttons of `views/web/failure.eta`. */
export function actOnFailure(action: string, draft: PendingDraft, actions: FailureActions): void {
  if (action === 'retry') actions.onRetry(draft)
  else if (action === 'edit') actions.onEdit(draft)
  else if (action === 'discard') actions.onDiscard(draft)
}
