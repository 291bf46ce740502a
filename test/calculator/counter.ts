/*
 * A process that counts a sheet's `x` up: `node counter.ts SHEET SENDER TIMES`, several at a time on one database, as servers
 * that share one do; the environment says which. Prints the values of its own lines.
 */
import { openPool } from '../../src/calculator/sandbox/pool.ts'
import { editorOn, openWithFeatures } from '../support/features.ts'

const [sheet, sender, times] = process.argv.slice(2)
const { DATA_DIR = '', DATABASE_URL } = process.env
const log = { warn: console.error, error: console.error }
const database = await openWithFeatures(DATA_DIR, DATABASE_URL)
const pool = openPool({ log, patience: 60_000 })
const editor = editorOn(database, pool)
const who = { id: Number(sender), name: `counter-${sender}` }
const added = await Promise.all(
  Array.from({ length: Number(times) }, () =>
    editor.edit(Number(sheet), who, { type: 'append', expression: 'x = x + 1' }),
  ),
)
console.log(JSON.stringify(added.map(({ line }) => line?.text)))
await pool.close()
await database.destroy()
