import { Type } from 'typebox'
import { USERNAME } from '../text/username.ts'

const Username = Type.String({ pattern: USERNAME.source, description: '2 to 32 of a-z 0-9 _ -' })
const NewPassword = Type.String({ minLength: 8, maxLength: 256, description: '8 to 256 characters' })
/** A password to compare: what is too short was never set, and is simply wrong. */
const GivenPassword = Type.String({ maxLength: 256 })

export const SignUpForm = Type.Object({
  username: Username,
  password: NewPassword,
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

export const PasswordForm = Type.Object({ current: GivenPassword, password: NewPassword })

export const SessionParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) })

export const EntranceQuery = Type.Object({ next: Type.Optional(Type.String()) })
