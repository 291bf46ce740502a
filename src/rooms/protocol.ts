import { Type } from 'typebox'

export const RoomParams = Type.Object({ room: Type.String() })
export const MemberParams = Type.Object({ room: Type.String(), name: Type.String() })
export const InvitationParams = Type.Object({ code: Type.String() })

/** Takes any name and description: what is wrong with them is said beside the form. */
export const RoomForm = Type.Object({
  name: Type.Optional(Type.String()),
  description: Type.Optional(Type.String()),
  private: Type.Optional(Type.String()),
})
export const SettingsForm = Type.Object({
  name: Type.Optional(Type.String()),
  description: Type.Optional(Type.String()),
})

/** Usernames, separated by commas. */
export const DirectForm = Type.Object({ with: Type.Optional(Type.String()) })
export const MemberForm = Type.Object({ name: Type.Optional(Type.String()) })

/** For how long somebody is muted, or that they are so no longer. Takes any time: what is wrong with it is said beside the form. */
export const MuteForm = Type.Object({
  for: Type.Optional(Type.String()),
  end: Type.Optional(Type.String()),
})

/** Takes any level: what is wrong with it is said beside the form. */
export const LevelForm = Type.Object({ level: Type.Optional(Type.String()) })

/** With neither, an invitation is made if there is none. */
export const InvitationForm = Type.Object({
  renew: Type.Optional(Type.String()),
  end: Type.Optional(Type.String()),
})

/** The beginning of a name. */
export const PeopleQuery = Type.Object({ q: Type.Optional(Type.String()) }, { additionalProperties: false })

/** Nothing but the fields that every form carries. */
export const EmptyForm = Type.Object({})

const Page = Type.Optional(Type.String({ pattern: '^[0-9]{0,15}$' }))

/** A page that is none, and a text that is too long, are as good as the nearest that is. */
export const DirectoryQuery = Type.Object({ q: Type.Optional(Type.String()), page: Page })
export const SettingsQuery = Type.Object({ page: Page })
