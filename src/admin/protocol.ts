import { Type } from 'typebox'

/** In place of a page that does not exist, or a text that is too long, the nearest valid one is used. */
const Page = Type.Optional(Type.String({ pattern: '^[0-9]{0,15}$' }))
export const ListQuery = Type.Object({ q: Type.Optional(Type.String()), page: Page })

export const PersonParams = Type.Object({ name: Type.String({ maxLength: 64 }) })
export const NumberParams = Type.Object({ id: Type.String({ pattern: '^[0-9]{1,15}$' }) })

/** Takes any name: what is wrong with it is said beside the form. */
export const NameForm = Type.Object({ name: Type.Optional(Type.String()) })
export const DeletionForm = Type.Object({ messages: Type.Optional(Type.String()) })
export const RoleForm = Type.Object({ administrator: Type.Optional(Type.String()) })
export const RoomForm = Type.Object({ room: Type.Optional(Type.String()) })
export const SignUpForm = Type.Object({ sign_up: Type.Optional(Type.String()) })

/** Takes any text: what is wrong with it is said beside the form. */
export const BanForm = Type.Object({
  address: Type.Optional(Type.String()),
  for: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
})
export const BanParams = Type.Object({ id: Type.String({ pattern: '^[0-9a-f-]{36}$' }) })

/** Nothing but the fields that every form carries. */
export const EmptyForm = Type.Object({})

export const LogQuery = Type.Object({
  before: Type.Optional(Type.String({ pattern: '^[0-9]{0,15}$' })),
  person: Type.Optional(Type.String({ maxLength: 64 })),
})
