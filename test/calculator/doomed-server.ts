import { openPool } from '../../src/calculator/sandbox/pool.ts'
import { askPool } from './sheet.ts'
import { standIn } from './stand-in.ts'

// A server whose evaluator is in a loop. It prints the ids of the processes, and waits to be killed.
const quiet = { warn: () => {}, error: () => {} }
const pool = openPool({ log: quiet, size: 1, build: standIn() })
await askPool(pool, { expression: '1', person: 'ada' })
void askPool(pool, { expression: 'loop', person: 'ada' })
setImmediate(() => setImmediate(() => process.stdout.write(`${JSON.stringify(pool.pids())}\n`)))
