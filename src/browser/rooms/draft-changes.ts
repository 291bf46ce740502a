/** The event of the document that tells of a draft: its `detail` is the frame. */
export const DRAFT_CHANGED = 'partyline:draft'
