import { Type } from 'typebox'
import { Text } from '../../channels/index.ts'
import { Time } from '../../web/index.ts'
import { SCOPES } from './scopes.ts'

/** Characters of a key's name. */
export const KEY_NAME_LENGTH = 60

const Name = Text(KEY_NAME_LENGTH)
const Scope = Type.Union(SCOPES.map(({ scope }) => Type.Literal(scope)))

export const KeyBody = Type.Object(
  {
    name: Name,
    scopes: Type.Array(Scope, { minItems: 1, maxItems: SCOPES.length }),
    _csrf: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

/** A form sends one scope as a text and several as a list. */
export const KeyForm = Type.Object({
  name: Name,
  scope: Type.Union([Scope, Type.Array(Scope, { minItems: 1, maxItems: SCOPES.length })]),
})

export const KeyParams = Type.Object({ id: Type.String({ pattern: '^[^\\u0000]{0,64}$' }) })

const key = { id: Type.String(), name: Type.String(), scopes: Type.Array(Scope) }
export const ListedKey = Type.Object({
  ...key,
  created: Time,
  last_used: Type.Union([Time, Type.Null()], { description: 'null if it has not been used yet' }),
})
export const MadeKey = Type.Object({ ...key, key: Type.String({ description: 'shown only once' }) })
