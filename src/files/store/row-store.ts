import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Kysely } from 'kysely'
import { type Placeholder, prepared, type Tables } from '../../storage/index.ts'
import type { FileStore, Part, Span } from './file-store.ts'

/** Bytes of a piece: no more of a file is in memory. All pieces but the last have this size. */
export const PIECE = 256 * 1024

/** Pieces that are deleted in one transaction. */
const DELETED = 16

/** Stores files in the database, in pieces, where every process on every machine can read them. */
export class RowStore implements FileStore {
  readonly #database: Kysely<Tables>

  constructor(database: Kysely<Tables>) {
    this.#database = database
  }

  async write(id: string, part: Part, source: Readable): Promise<string> {
    const hash = createHash('sha256')
    let number = 0
    for await (const content of pieces(source)) {
      hash.update(content)
      await insertPiece.execute(this.#database, { id, part, number, content })
      number += 1
    }
    return hash.digest('hex')
  }

  async read(id: string, part: Part, span: Span): Promise<Readable | undefined> {
    const first = Math.floor(span.start / PIECE)
    const piece = await this.#piece(id, part, first)
    if (!piece) return undefined
    return Readable.from(this.#piecesFrom(id, part, span, piece), { highWaterMark: 1 })
  }

  async has(id: string, part: Part): Promise<boolean> {
    const first = await this.#database
      .selectFrom('file_parts')
      .select('number')
      .where('file_id', '=', id)
      .where('kind', '=', part)
      .where('number', '=', 0)
      .executeTakeFirst()
    return first !== undefined
  }

  async remove(id: string): Promise<void> {
    for (;;) {
      const { rows } = await this.#database.executeQuery(
        this.#database
          .deleteFrom('file_parts')
          .where(({ eb, refTuple, selectFrom }) =>
            eb(
              refTuple('file_id', 'kind', 'number'),
              'in',
              selectFrom('file_parts')
                .select(['file_id', 'kind', 'number'])
                .where('file_id', '=', id)
                .limit(DELETED)
                .$asTuple('file_id', 'kind', 'number'),
            ),
          )
          .returning('number')
          .compile(),
      )
      if (rows.length < DELETED) return
    }
  }

  async *#piecesFrom(
    id: string,
    part: Part,
    { start, end }: Span,
    first: Uint8Array,
  ): AsyncGenerator<Uint8Array> {
    let at = start
    let piece: Uint8Array | undefined = first
    while (at <= end) {
      const number = Math.floor(at / PIECE)
      piece ??= await this.#piece(id, part, number)
      if (!piece) throw new Error('a piece of a file is missing')
      const from = at - number * PIECE
      const some = piece.subarray(from, Math.min(piece.length, from + end - at + 1))
      if (some.length === 0) throw new Error('a piece of a file is too short')
      yield some
      at += some.length
      piece = undefined
    }
  }

  async #piece(id: string, part: Part, number: number): Promise<Uint8Array | undefined> {
    return (await selectPiece.executeTakeFirst(this.#database, { id, part, number }))?.content
  }
}

/** Reads a stream in pieces of `PIECE` bytes. */
async function* pieces(source: Readable): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  let size = 0
  for await (const chunk of source) {
    held.push(chunk)
    size += chunk.length
    while (size >= PIECE) {
      const all = Buffer.concat(held)
      yield all.subarray(0, PIECE)
      held = [all.subarray(PIECE)]
      size -= PIECE
    }
  }
  // An empty file has one (empty) piece as well, which shows that it exists.
  yield Buffer.concat(held)
}

const insertPiece = prepared(
  (database, value: Placeholder<{ id: string; part: Part; number: number; content: Uint8Array }>) =>
    database.insertInto('file_parts').values({
      file_id: value('id'),
      kind: value('part'),
      number: value('number'),
      content: value('content'),
    }),
)

const selectPiece = prepared((database, value: Placeholder<{ id: string; part: Part; number: number }>) =>
  database
    .selectFrom('file_parts')
    .select('content')
    .where('file_id', '=', value('id'))
    .where('kind', '=', value('part'))
    .where('number', '=', value('number')),
)
