import type { Generated, Kysely } from 'kysely'
import type { Identity } from '../../src/channels/index.ts'
import type { Tables } from '../../src/storage/index.ts'
import { type Change, type StreamKind, type StreamRow, streamTable } from '../../src/streams/index.ts'

declare module '../../src/storage/tables.ts' {
  interface Tables {
    notes: { id: number; rev: Generated<number> }
    /** A room has a few fields of limited length, so what is stored does not grow. */
    note_fields: { note_id: number; seq: number; rev: number; text: string; written_by: number }
  }
}

/** The text of a field, and the person who wrote it last. Each one replaces the one before. */
export type Field = Change & Readonly<{ seq: number; text: string; by: string }>

/** The text that a field should have. The last one to be stored wins. */
type Write = Readonly<{ seq: number; text: string; by: Identity['user'] }>

export const notes: StreamKind<StreamRow, Write, { rev: number }, Field> = {
  name: 'notes',
  table: streamTable('notes'),
  group: (note) => `notes.${note}`,
  apply: (transaction, items) =>
    Array.fromAsync(items, async ({ stream, command: { seq, text, by } }) => {
      const before = await fieldsOf(transaction, stream.id).where('seq', '=', seq).executeTakeFirst()
      if ((before?.text ?? '') === text) return { rev: stream.rev }
      const { rev } = stream.change((rev) => ({ rev, seq, text, by: by.name }))
      const row = { rev, text, written_by: by.id }
      const insert = transaction.insertInto('note_fields').values({ note_id: stream.id, seq, ...row })
      await insert.onConflict((field) => field.columns(['note_id', 'seq']).doUpdateSet(row)).execute()
      return { rev }
    }),
  changes: (database, note, after) =>
    fieldsOf(database, note).where('rev', '>', after).orderBy('rev').execute(),
  fingerprint: ({ seq, text }) => `${seq} ${text}`,
  frame: (field) => ({ type: 'field', ...field }),
}

/** The fields of a room's notes that hold something or did, with the usernames of those who wrote last. */
export function fieldsOf(database: Kysely<Tables>, note: number) {
  const fields = database.selectFrom('note_fields').innerJoin('users', 'users.id', 'written_by')
  return fields.select(['rev', 'seq', 'text', 'users.name as by']).where('note_id', '=', note)
}
