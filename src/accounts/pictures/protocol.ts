import { Type } from 'typebox'

/** A name that cannot be is as good as one that nobody has. */
export const PictureParams = Type.Object({ name: Type.String({ pattern: '^[^\\u0000]*$' }) })

export const PictureQuery = Type.Object({
  v: Type.Optional(Type.String()),
  size: Type.Optional(Type.Union([Type.Literal('small'), Type.Literal('large')])),
})
