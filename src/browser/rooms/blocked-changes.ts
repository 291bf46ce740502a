/**
 * The event of the document that tells whom the person has blocked: its `detail` is the usernames of people, and of the hooks that
 * these have made.
 */
export const BLOCKED_CHANGED = 'partyline:blocked'
