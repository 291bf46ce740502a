import type { FastifyInstance } from 'fastify'
import { rowSize } from '../../accounts/index.ts'
import type { EraseContents } from '../../rooms/index.ts'
import { roomSheet } from './sheets.ts'

/** Lines, edits and names that are deleted in one transaction. */
const ROWS = 200

/** Deletes the sheet of a room that is being deleted, and gives its authors back the bytes that it took. */
export function sheetEraser({ database, eraseDeleted, rooms, usage }: FastifyInstance): EraseContents {
  return async (room, job) => {
    const sheet = await database
      .selectFrom('sheets')
      .select('id')
      .where('room_id', '=', roomSheet(room).room_id)
      .executeTakeFirst()
    if (!sheet) return false
    const { id } = sheet
    const lines = await database
      .selectFrom('calculations')
      .select('seq')
      .where('sheet_id', '=', id)
      .orderBy('seq')
      .limit(ROWS)
      .execute()
    const edits = await database
      .selectFrom('sheet_edits')
      .select('until')
      .where('sheet_id', '=', id)
      .orderBy('until')
      .limit(ROWS)
      .execute()
    const [line, edit] = [lines.at(-1), edits.at(-1)]
    const deleted = await job.transaction(async (transaction) => {
      await transaction
        .deleteFrom('sheet_edits')
        .where('sheet_id', '=', id)
        .where('until', '<=', edit?.until ?? -1)
        .execute()
      const deleted = await transaction
        .deleteFrom('calculations')
        .where('sheet_id', '=', id)
        .where('seq', '<=', line?.seq ?? -1)
        .returning([
          'sender_id',
          'changed_by',
          'client_id',
          'expression',
          'text',
          'result',
          'value',
          'label',
          'notes',
          'error',
        ])
        .execute()
      await rooms.deletion.deleted(
        transaction,
        deleted.map(({ sender_id }) => sender_id),
      )
      if (!line && !edit) await transaction.deleteFrom('sheets').where('id', '=', id).execute()
      await eraseDeleted(transaction)
      return deleted
    })
    await usage.freeAll(
      deleted.map(({ changed_by, sender_id, ...texts }) => ({
        user: changed_by ?? sender_id,
        bytes: rowSize(...Object.values(texts)),
      })),
    )
    return line !== undefined || edit !== undefined
  }
}
