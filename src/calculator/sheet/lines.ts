import type { Kysely } from 'kysely'
import { type Database, type Placeholder, prepared, type Tables } from '../../storage/index.ts'
import { LINE_KINDS, type LineKind } from '../language/index.ts'
import type { ResultFrame } from '../protocol.ts'

/** A line of a sheet as it is stored and published. Its value was computed once, and is never computed again. */
export interface Line {
  readonly seq: number
  readonly rev: number
  readonly id: string
  readonly sender: string
  /** What the sender is called; null: their username. */
  readonly senderName: string | null
  readonly expression: string
  /** JSON, as it is stored. */
  readonly result: string
  readonly text: string
  /** The name that it gave a meaning to. */
  readonly name: string | null
  /** Null in what was stored before lines had kinds. */
  readonly kind: string | null
  readonly label: string | null
  readonly rounded: number | null
  /** JSON, as it is stored. */
  readonly notes: string | null
  readonly at: string
}

/** A line as everyone gets it. */
export function resultFrame(line: Line): ResultFrame {
  const { seq, rev, id, sender, senderName, expression, text, at } = line
  const result: ResultFrame['result'] = JSON.parse(line.result)
  const named = senderName === null ? { sender } : { sender, sender_name: senderName }
  return {
    type: 'result',
    seq,
    rev,
    id,
    ...named,
    expression,
    kind: kindOf(line),
    result,
    text,
    ...aboutOf(line),
    at,
  }
}

function kindOf({ kind, name }: Line): LineKind {
  return LINE_KINDS.find((known) => known === kind) ?? (name === null ? 'value' : 'definition')
}

function aboutOf({ label, notes, rounded }: Line): Pick<ResultFrame, 'label' | 'notes' | 'rounded'> {
  return {
    ...(label !== null && { label }),
    ...(rounded === 1 && { rounded: true }),
    ...(notes !== null && { notes: JSON.parse(notes) }),
  }
}

/** The newest lines of a sheet, ascending. */
export async function newestLines(database: Database, sheet: number, limit: number): Promise<Line[]> {
  const lines = await selectLines(database)
    .where('sheet_id', '=', sheet)
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
  return lines.reverse()
}

/** The lines of a sheet after a `rev`, in rising `rev`: a line never changes, so that is its `seq`. */
export async function linesAfter(
  database: Kysely<Tables>,
  sheet: number,
  after: number,
  upTo: number | undefined,
  limit: number,
): Promise<Line[]> {
  return selectLines(database)
    .where('sheet_id', '=', sheet)
    .where('seq', '>', after)
    .$if(upTo !== undefined, (query) => query.where('seq', '<=', upTo ?? 0))
    .orderBy('seq')
    .limit(limit)
    .execute()
}

/** What stands at a `seq`. */
export function standingAt(
  database: Kysely<Tables>,
  sheet: number,
  seq: number,
): Promise<{ rev: number; id: string } | undefined> {
  return selectStanding.executeTakeFirst(database, { sheet, seq })
}

const selectStanding = prepared((database, value: Placeholder<{ sheet: number; seq: number }>) =>
  database
    .selectFrom('calculations')
    .select(['rev', 'client_id as id'])
    .where('sheet_id', '=', value('sheet'))
    .where('seq', '=', value('seq')),
)

export function selectLines(database: Pick<Kysely<Tables>, 'selectFrom'>) {
  return database
    .selectFrom('calculations')
    .innerJoin('users', 'users.id', 'calculations.sender_id')
    .select([
      'seq',
      'rev',
      'client_id as id',
      'users.name as sender',
      'users.display_name as senderName',
      'expression',
      'result',
      'text',
      'calculations.name as name',
      'kind',
      'label',
      'rounded',
      'notes',
      'calculations.created_at as at',
    ])
}
