import { Type } from 'typebox'

export const FORMATS = ['json', 'csv', 'html'] as const
export type Format = (typeof FORMATS)[number]

const FormatField = Type.Union(FORMATS.map((format) => Type.Literal(format)))

/** What is wrong with it is said beside the form. */
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

/** A job of a person, as `/ws/notifications` and `/api/jobs/:id` tell it. */
export interface JobFrame {
  readonly type: 'job'
  readonly id: string
  /** `account-export`: of all that is the person's. */
  readonly kind: 'export' | 'account-export'
  readonly state: 'waiting' | 'running' | 'done' | 'failed'
  /** From 0 to 1. */
  readonly progress: number
  readonly result?: ExportResult | ExportFailure
}

export interface ExportResult {
  /** Of the file, for whoever asked for it. */
  readonly url: string
  /** Of a room's export: its slug. */
  readonly room?: string
  readonly format: Format
  /** Of a room's export. */
  readonly messages?: number
  /** In bytes. */
  readonly size: number
  /** When the file is removed. ISO 8601. */
  readonly expires: string
}

export interface ExportFailure {
  readonly error: string
}
