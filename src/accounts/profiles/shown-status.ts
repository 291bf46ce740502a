/** A person's status, as it stands beside their name. */
export interface ShownStatus {
  /** The emoji, the text, or both with a blank between them. */
  readonly text: string
  /** When it ends, in ISO 8601; null: when its person takes it away. */
  readonly until: string | null
}

/** The columns of a profile that tell a status, for queries of people that join it. */
export const STATUS_COLUMNS = [
  'status_emoji as statusEmoji',
  'status_text as statusText',
  'status_until as statusUntil',
] as const

/** A status as a query has it; null where a person has no profile. */
export interface StatusRow {
  readonly statusEmoji: string | null
  readonly statusText: string | null
  readonly statusUntil: string | null
}

/** @returns undefined where there is none, or it has ended */
export function statusOf({ statusEmoji, statusText, statusUntil }: StatusRow): ShownStatus | undefined {
  const status = { text: [statusEmoji, statusText].filter(Boolean).join(' '), until: statusUntil }
  return status.text === '' || hasEnded(status) ? undefined : status
}

/** The words of a status; undefined where there is none, or it has ended. */
export function statusWords(status: ShownStatus | undefined): string | undefined {
  return status && !hasEnded(status) ? status.text : undefined
}

function hasEnded({ until }: ShownStatus): boolean {
  return until !== null && until <= new Date().toISOString()
}
