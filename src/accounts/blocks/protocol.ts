import { Type } from 'typebox'
import { Time } from '../../web/index.ts'

export const BlockParams = Type.Object({ name: Type.String({ maxLength: 64, pattern: '^[^\\u0000]*$' }) })

/** `on=on` blocks the person, its absence unblocks them. `back=account` leads back to the list of all. */
export const BlockForm = Type.Object({
  on: Type.Optional(Type.Literal('on')),
  back: Type.Optional(Type.Literal('account')),
})

const Hooks = Type.Array(Type.String({ description: 'a username' }), {
  description: 'the hooks that they have made',
})

/** The people that a person has blocked, for programs. */
export const BlockedList = Type.Object({
  people: Type.Array(
    Type.Object({
      name: Type.String({ description: 'the username' }),
      display_name: Type.Optional(Type.String()),
      at: Time,
    }),
    { description: 'latest first' },
  ),
  hooks: Hooks,
})

/** The people that a person has blocked, for their own devices. */
export const BlockedFrame = Type.Object({
  type: Type.Literal('blocked'),
  people: Type.Array(Type.String({ description: 'a username' })),
  hooks: Hooks,
})
