/** The thread in which a process reads and writes the SQLite index, since Node's module blocks its caller. */
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { FoundPlaces } from '../search-index.ts'
import { IndexFile } from './index-file.ts'
import { isDamage, openIndexFile } from './schema.ts'
import type { SteppedSearch } from './search-file.ts'
import type { IndexRequest, IndexResponse } from './worker-protocol.ts'

/** Milliseconds until removed words are cleared from the write-ahead log, and until the next attempt if that fails. */
const EMPTY_AFTER = 1_500
const EMPTY_AGAIN = 250

interface Searching {
  readonly id: number
  readonly steps: SteppedSearch
}

const port = parentPort
if (!port) throw new Error('this module only runs as a worker thread')
const path = String(workerData)
const writing = openIndexFile(path)
const index = new IndexFile(writing)
/** A connection of its own, so that a search sees one state of the index. */
const readingFile = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
readingFile.exec('pragma cache_size = -16000')
const reading = new IndexFile(readingFile)
const searches: Searching[] = []
let isStepping = false
/** At first for a process that was killed before it had cleared the log. */
let emptying: NodeJS.Timeout | undefined = setTimeout(emptyLog, EMPTY_AFTER)

port.on('message', (request: IndexRequest) => {
  if (request.method === 'find') return attempt(request.id, () => search(request))
  attempt(request.id, () => answer(request.id, result(request)))
  if (index.hasRemains && !emptying) emptying = setTimeout(emptyLog, EMPTY_AFTER)
})

function result(request: Exclude<IndexRequest, { method: 'find' }>): unknown {
  switch (request.method) {
    case 'positions':
      return index.positions(request.rooms)
    case 'unfilled':
      return index.unfilled()
    case 'isNew':
      return index.isNew()
    case 'begin':
      return index.begin(request.rooms)
    case 'apply':
      return index.apply(request.changes)
    case 'fill':
      return index.fill(request.earlier)
    case 'forget':
      return index.forget(request.room)
  }
}

function search({ id, query }: Extract<IndexRequest, { method: 'find' }>): void {
  searches.push({ id, steps: reading.find(query) })
  if (!isStepping) step()
}

/** Searches take turns, one step each, so that none waits for another to finish. */
function step(): void {
  const next = searches.shift()
  isStepping = next !== undefined
  if (!next) return
  attempt(next.id, () => {
    const { done, value } = next.steps.next()
    if (done) answer(next.id, value satisfies FoundPlaces)
    else searches.push(next)
  })
  setImmediate(step)
}

function attempt(id: number, work: () => void): void {
  try {
    work()
  } catch (error) {
    // A damaged index is rebuilt when this thread next starts.
    port?.postMessage({ id, error: String(error), isDamaged: isDamage(error) } satisfies IndexResponse)
  }
}

function answer(id: number, value: unknown): void {
  port?.postMessage({ id, value } satisfies IndexResponse)
}

function emptyLog(): void {
  emptying = undefined
  let isEmptied = false
  try {
    isEmptied = index.emptyLog()
  } catch {
    // It is tried again.
  }
  if (!isEmptied) emptying = setTimeout(emptyLog, EMPTY_AGAIN)
}
