import { Type } from 'typebox'

export const RoomParams = Type.Object({ room: Type.String() })
export const MemberParams = Type.Object({ room: Type.String(), name: Type.String() })
export const InvitationParams = Type.Object({ code: Type.String() })

/** Accepts any name and description: an error is shown beside the form. */
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

/** The time for which somebody is muted, or the end of it. Accepts any time: an error is shown beside the form. */
export const MuteForm = Type.Object({
  for: Type.Optional(Type.String()),
  end: Type.Optional(Type.String()),
})

/** Accepts any level: an error is shown beside the form. */
export const LevelForm = Type.Object({ level: Type.Optional(Type.String()) })

/** With neither, an invitation is created if there is none. */
export const InvitationForm = Type.Object({
  renew: Type.Optional(Type.String()),
  end: Type.Optional(Type.String()),
})

/** The beginning of a name. */
export const PeopleQuery = Type.Object({ q: Type.Optional(Type.String()) }, { additionalProperties: false })

/** Nothing but the fields that every form carries. */
export const EmptyForm = Type.Object({})

const Page = Type.Optional(Type.String({ pattern: '^[0-9]{0,15}$' }))

/** An invalid page number, or a text that is too long, is treated as the nearest valid one. */
export const DirectoryQuery = Type.Object({ q: Type.Optional(Type.String()), page: Page })
export const SettingsQuery = Type.Object({ page: Page })
