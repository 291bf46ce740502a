import { type Static, Type } from 'typebox'

export const FORMATS = ['json', 'csv', 'html'] as const
export type Format = (typeof FORMATS)[number]

const FormatField = Type.Enum(FORMATS)

/** Accepts any format, which the route checks, so that the form can show the fault. */
export const ExportForm = Type.Object({ format: Type.Optional(Type.String()) })
/** A program that does not say gets JSON. */
export const ExportBody = Type.Union([
  Type.Object({ format: Type.Optional(FormatField), _csrf: Type.Optional(Type.String()) }),
  Type.Null(),
])

const Id = Type.String({ pattern: '^[0-9a-f-]{36}$' })
export const JobParams = Type.Object({ id: Id })
export const FileParams = Type.Object({ id: Id, name: Type.String() })
export const RoomExportParams = Type.Object({ room: Type.String(), id: Id })

export const ExportResult = Type.Object({
  url: Type.String({ description: 'the address of the file, for the person who requested it' }),
  room: Type.Optional(Type.String({ description: 'the slug of a room that was exported' })),
  format: FormatField,
  messages: Type.Optional(Type.Integer({ description: 'of a room that was exported' })),
  size: Type.Integer({ description: 'in bytes' }),
  expires: Type.String({ format: 'date-time', description: 'when the file is removed' }),
})
export type ExportResult = Static<typeof ExportResult>

export const ExportFailure = Type.Object({ error: Type.String() })
export type ExportFailure = Static<typeof ExportFailure>

/** A job of a person as `/api/jobs/:id` gives it. */
export const Job = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['export', 'account-export'], {
    description: 'account-export: of all that is the person’s',
  }),
  state: Type.Enum(['waiting', 'running', 'done', 'failed']),
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  result: Type.Optional(Type.Union([ExportResult, ExportFailure])),
})

/** A job of a person as `/ws/notifications` tells it. */
export const JobFrame = Type.Object({ type: Type.Literal('job'), ...Job.properties })
export type JobFrame = Static<typeof JobFrame>
