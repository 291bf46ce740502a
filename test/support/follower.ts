import type { FastifyInstance } from 'fastify'
import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../src/storage/index.ts'

/** A follower's note of a change. */
export interface Followed {
  readonly room: number
  readonly rev: number
  readonly seq: number
  readonly text: string
}

const table = {
  async up(database: Kysely<never>) {
    const { counted, integer, text } = columnTypes(database)
    await database.schema
      .createTable('followed')
      .addColumn('id', integer, counted)
      .addColumn('room', integer)
      .addColumn('rev', integer)
      .addColumn('seq', integer)
      .addColumn('text', text)
      .execute()
  },
}

/** A feature that follows messages, and records each change in order. */
export function follower(options: {
  readonly from?: 'start' | 'present'
  readonly forgets?: boolean
  /** Called in the transaction, after changes were written down. */
  readonly applied?: (count: number) => void
}) {
  return async (app: FastifyInstance) => {
    await app.migrate('followed', { '001': table })
    app.chat.follow({
      name: 'test',
      from: options.from ?? 'start',
      delay: 0,
      async apply(transaction, room, messages) {
        for (const { rev, seq, text } of messages)
          await sql`insert into followed (room, rev, seq, text) values (${room}, ${rev}, ${seq}, ${text})`.execute(
            transaction,
          )
        options.applied?.(messages.length)
      },
      ...(options.forgets && {
        async forget(transaction, room) {
          await sql`delete from followed where room = ${room}`.execute(transaction)
        },
      }),
    })
  }
}

/** The notes, in order. */
export async function followed({ database }: FastifyInstance): Promise<Followed[]> {
  const { rows } = await sql<Followed>`select room, rev, seq, text from followed order by id`.execute(
    database,
  )
  return rows.map(({ room, rev, seq, text }) => ({ room, rev, seq, text }))
}
