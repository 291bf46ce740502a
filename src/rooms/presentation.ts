/** A room that somebody may go to instead. */
export interface TakenName {
  readonly slug: string
  readonly name: string
}

/** The form for a new room, as `views/rooms/new-form.eta` shows it. */
export interface NewRoomView {
  readonly name: string
  readonly description: string
  readonly isPrivate: boolean
  /** A sentence about a fault in what was entered; null at first. */
  readonly error: string | null
  /** The room whose name is too much like it. */
  readonly taken: TakenName | null
}

/** The form for a direct room, as `views/rooms/direct-form.eta` shows it. */
export interface NewDirectView {
  /** Usernames, as they were typed. */
  readonly people: string
  readonly error: string | null
}

/** The forms before anything was entered. */
export const emptyRoomForm: NewRoomView = {
  name: '',
  description: '',
  isPrivate: false,
  error: null,
  taken: null,
}
export const emptyDirectForm: NewDirectView = { people: '', error: null }

/** Tells on a form that a room with such a name exists. */
export function nameTaken({ room }: { readonly room: TakenName }): { error: string; taken: TakenName } {
  return {
    error:
      'There is already a room with a name that looks like this one. Choose another name, or go to that room:',
    taken: room,
  }
}
