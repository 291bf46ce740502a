import { Type } from 'typebox'

export const RoomParams = Type.Object({ room: Type.String() })

/** Takes any name: `roomNameFault` says beside the form what is wrong with it. */
export const RoomForm = Type.Object({
  name: Type.Optional(Type.String()),
  private: Type.Optional(Type.String()),
})

/** A page that is none, and a text that is too long, are as good as the nearest that is. */
export const DirectoryQuery = Type.Object({
  q: Type.Optional(Type.String()),
  page: Type.Optional(Type.String({ pattern: '^[0-9]{0,15}$' })),
})
