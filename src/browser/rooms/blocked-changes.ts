/** The event of the document that tells whom the person has blocked: its `detail` is the usernames. */
export const BLOCKED_CHANGED = 'partyline:blocked'
