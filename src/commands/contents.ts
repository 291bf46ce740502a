import { DatabaseSync } from 'node:sqlite'

/** Rooms that are named one by one. */
const NAMED = 10

/** Says what a backup holds, and up to which change each room is in it. */
export function contentsOf(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const count = (table: string, one: string, several: string) =>
      counted(Number(database.prepare(`select count(*) as rows from ${table}`).get()?.rows), one, several)
    const rooms = database.prepare('select slug, rev from rooms order by rev desc, slug').all()
    const named = rooms.slice(0, NAMED).map(({ slug, rev }) => `${slug} up to rev ${rev}`)
    const others = rooms.length - named.length
    if (others > 0) named.push(`and ${others} more`)
    return (
      `${count('users', 'account', 'accounts')}, ${count('messages', 'message', 'messages')} in ` +
      `${counted(rooms.length, 'room', 'rooms')}, ${count('calculations', 'line', 'lines')} of sheets.\n` +
      `Each room is complete: ${named.join(', ')}.`
    )
  } finally {
    database.close()
  }
}

function counted(number: number, one: string, several: string): string {
  return `${number} ${number === 1 ? one : several}`
}
