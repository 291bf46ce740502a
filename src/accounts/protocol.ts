import { Type } from 'typebox'

const NewPassword = Type.String({ minLength: 8, maxLength: 256, description: '8 to 256 characters' })
/** A password to compare: what is too short was never set, and is simply wrong. */
const GivenPassword = Type.String({ maxLength: 256 })

/** Accepts any texts: `signUpFault` checks them, so that the form can show the fault beside its field. */
export const SignUpForm = Type.Object({
  name: Type.Optional(Type.String()),
  username: Type.Optional(Type.String()),
  password: Type.Optional(Type.String()),
  next: Type.Optional(Type.String()),
})

export const SignInForm = Type.Object({
  username: Type.String({ maxLength: 32 }),
  password: GivenPassword,
  next: Type.Optional(Type.String()),
})

/** For a token: who one is, or, with a session, nothing. */
export const TokenBody = Type.Union([
  Type.Object({ username: Type.String({ maxLength: 32 }), password: GivenPassword }),
  Type.Object({ _csrf: Type.Optional(Type.String()) }, { additionalProperties: false }),
  Type.Null(),
])

export const TokenAnswer = Type.Object({
  token: Type.String(),
  expires_in: Type.Integer({ description: 'seconds' }),
})

/** Any name: what is wrong with it is said beside the form (`displayNameFault`). */
export const NameForm = Type.Object({ name: Type.String() })

/** `shows=on`: others may see what one has read. */
export const ReadingForm = Type.Object({ shows: Type.Optional(Type.String()) })

export const ZoneForm = Type.Object({ zone: Type.String() })

export const PasswordForm = Type.Object({ current: GivenPassword, password: NewPassword })

/** A link's code, and the form behind it; its username is for the browser that keeps passwords. */
/** A code that was not copied whole is one that there is not. */
export const LinkParams = Type.Object({ code: Type.String({ maxLength: 100 }) })
export const LinkForm = Type.Object({ password: NewPassword })

export const SessionParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) })

/** A page that is none, and a text that is too long, are as good as the nearest that is. */
export const DirectoryQuery = Type.Object({
  q: Type.Optional(Type.String()),
  page: Type.Optional(Type.String({ pattern: '^[0-9]{0,15}$' })),
})

export const NameQuery = Type.Object({ q: Type.Optional(Type.String()) })

export const SignInQuery = Type.Object({ next: Type.Optional(Type.String()) })
