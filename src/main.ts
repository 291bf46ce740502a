import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

// What was compiled at the last start is not compiled again, which is a quarter of a start. It is kept where only those write
// who could change the code itself: not in a folder for everyone, which is Node's default. Where that folder cannot be
// written to, a start takes as long as the first one.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/partyline'))
await import('./serve.ts')
const { boundYoungGeneration } = await import('./heap.ts')
flushCompileCache()
boundYoungGeneration()
