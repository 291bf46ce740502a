/** The parts of a message beside its sender, its text and its time. */
export interface MessageParts {
  readonly isFolded: boolean
  /** The number of its values. */
  readonly values: number
  readonly hasFiles: boolean
  readonly isReply: boolean
  readonly isEdited: boolean
  readonly isPinned: boolean
}

/**
 * The ids of the elements by which a screen reader names a message: who, what and when, and behind that what it answers, and
 * whether it was edited or is pinned; of one that is folded, whose it is and when.
 */
export function labelOf(seq: number, parts: MessageParts): string {
  if (parts.isFolded) return `blocked-${seq} time-${seq}`
  const calculated = Array.from({ length: parts.values }, (_, index) => `value-${seq}-${index + 1}`)
  const ids = [`who-${seq}`, `text-${seq}`, ...calculated]
  if (parts.hasFiles) ids.push(`files-${seq}`)
  ids.push(`time-${seq}`)
  if (parts.isReply) ids.push(`reply-${seq}`)
  if (parts.isEdited) ids.push(`edited-${seq}`)
  if (parts.isPinned) ids.push(`pinned-${seq}`)
  return ids.join(' ')
}
