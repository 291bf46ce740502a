import { type TSchema, Type } from 'typebox'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The description of this route in the API's documents. */
    readonly docs?: RouteDocs
  }
}

/** Documentation of a route beyond the schemas that check its requests. Answers are described, and not changed by it. */
export interface RouteDocs {
  /** A summary in a few words. */
  readonly summary: string
  /** The answers by status: JSON of a schema, or null for nothing. Errors are the same everywhere. */
  readonly answers?: Readonly<Record<number, TSchema | null>>
  /** The media types of an answer with 200 that is not JSON. */
  readonly media?: readonly string[]
  /** The JSON in each of the Server-Sent Events that a request with 200 may be answered with. */
  readonly events?: TSchema
  /** The fields of the body, where the schema of the route lets everything in and something else checks it. */
  readonly body?: TSchema
  /** True if nobody has to be signed in. */
  readonly isOpen?: true
}

/** A point in time, in ISO 8601. */
export const Time = Type.String({ format: 'date-time' })

/** An error below `/api`. */
export const ErrorAnswer = Type.Object(
  {
    error: Type.String({ description: 'for people to read; may change' }),
    code: Type.String({ description: 'for programs' }),
    position: Type.Optional(
      Type.Integer({ description: 'the character at which an expression cannot be calculated, from 0' }),
    ),
    until: Type.Optional(
      Type.String({ format: 'date-time', description: 'the time that `error` names, where it names one' }),
    ),
  },
  { title: 'Error' },
)
