/** Milliseconds between two lines about one table. */
const EVERY = 1_000

/** Returns what says on standard error how far a copy is: a line for each table, and one a second in a long one. */
export function progress(): (table: string, rows: number) => void {
  let current = ''
  let said = 0
  return (table, rows) => {
    const now = performance.now()
    if (table === current && now - said < EVERY) return
    current = table
    said = now
    console.error(`copying ${table}: ${rows} ${rows === 1 ? 'row' : 'rows'} so far`)
  }
}
