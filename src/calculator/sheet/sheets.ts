import type { Database } from '../../storage/index.ts'
import { streamTable } from '../../streams/index.ts'

/** A sheet is a person's own or a room's. */
export type SheetOwner =
  | { readonly user_id: number; readonly room_id: null }
  | { readonly user_id: null; readonly room_id: number }

export function ownSheet(user: number): SheetOwner {
  return { user_id: user, room_id: null }
}

export function roomSheet(room: number): SheetOwner {
  return { user_id: null, room_id: room }
}

/** The sheet of a person or a room, made when it is first asked for; with the number of its latest line. */
export async function sheetOf(database: Database, owner: SheetOwner): Promise<{ id: number; rev: number }> {
  const found = await find(database, owner)
  if (found) return found
  const made = await database
    .insertInto('sheets')
    .values(owner)
    .onConflict((conflict) => conflict.doNothing())
    .returning(['id', 'rev'])
    .executeTakeFirst()
  const sheet = made ?? (await find(database, owner))
  if (!sheet) throw new Error('a sheet could be neither made nor found')
  return sheet
}

/** Sheets as streams. */
export const sheetTable = streamTable('sheets')

function find(database: Database, { user_id, room_id }: SheetOwner) {
  const sheets = database.selectFrom('sheets').select(['id', 'rev'])
  return (
    user_id === null ? sheets.where('room_id', '=', room_id) : sheets.where('user_id', '=', user_id)
  ).executeTakeFirst()
}
