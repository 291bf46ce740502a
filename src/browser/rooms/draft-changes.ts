/** The event of the document for a changed draft: its `detail` is the frame. */
export const DRAFT_CHANGED = 'partyline:draft'
