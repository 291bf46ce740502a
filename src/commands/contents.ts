import { DatabaseSync } from 'node:sqlite'

/** Rooms that are named one by one. */
const NAMED = 10

/** Says what a backup holds, and up to which change each room is in it. */
export function contentsOf(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const count = (table: string) =>
      Number(database.prepare(`select count(*) as rows from ${table}`).get()?.rows)
    const rooms = database.prepare('select slug, rev from rooms order by rev desc, slug').all()
    const named = rooms.slice(0, NAMED).map(({ slug, rev }) => `${slug} up to rev ${rev}`)
    const others = rooms.length - named.length
    if (others > 0) named.push(`and ${others} more`)
    return (
      `${count('users')} accounts, ${count('messages')} messages in ${rooms.length} rooms, ` +
      `${count('calculations')} lines of sheets.\n` +
      `Each room is whole in it: ${named.join(', ')}.`
    )
  } finally {
    database.close()
  }
}
