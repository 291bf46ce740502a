/** The form for a new room, as `views/rooms/new-form.eta` shows it. */
export interface NewRoomView {
  readonly name: string
  /** What is wrong with what was entered; null at first. */
  readonly error: string | null
  /** The room whose name is too much like it. */
  readonly taken: { readonly slug: string; readonly name: string } | null
}

/** The form before anything was entered. */
export const emptyRoomForm: NewRoomView = { name: '', error: null, taken: null }
