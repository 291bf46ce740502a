import { Type } from 'typebox'
import { compileFrames, type FrameOf } from '../channels/index.ts'
import { MOST_WATCHED } from './watched-statuses.ts'

const Id = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'a whole number from 0',
})

const frames = {
  seen: Type.Object({ id: Id }),
  watch: Type.Object({
    people: Type.Array(Type.String({ pattern: '^[a-z0-9_-]{2,40}$' }), {
      maxItems: MOST_WATCHED,
      uniqueItems: true,
      description: `a list of at most ${MOST_WATCHED} usernames, each once`,
    }),
  }),
}

export type ClientFrame = FrameOf<typeof frames>

/** The frame of one type. */
export type ClientFrameOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>

/** Checks what a client says. */
export const checkFrame = compileFrames(frames)

const IdDigits = Type.String({ pattern: '^[0-9]{1,15}$' })

export const NotificationsQuery = Type.Object(
  { before: Type.Optional(IdDigits) },
  { additionalProperties: false },
)

/** The `id` up to which everything has been seen. */
export const SeenForm = Type.Object({ id: IdDigits })

/** Without times there are no quiet hours any more. What is wrong with them is said beside the form. */
export const QuietHoursForm = Type.Object({
  from: Type.Optional(Type.String()),
  to: Type.Optional(Type.String()),
  /** The person's zone, where they have not said it. */
  zone: Type.Optional(Type.String()),
})

/**
 * A notification of another system. The content of `payload` is up to it, but for its size and some events (`payloadFault`).
 */
export const PushBody = Type.Object({
  user: Type.String({ pattern: '^[^\\u0000]{1,100}$', description: 'a username' }),
  payload: Type.Record(Type.String(), Type.Unknown()),
})
