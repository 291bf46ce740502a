import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { openDatabase } from '../src/storage/index.ts'
import { type ServerProcess, startProcess } from './support/process.ts'
import { temporaryFolder } from './support/server.ts'
import { Visitor } from './support/visitor.ts'

/** Mebibytes for all long-lived objects, which is too little for the sheets. */
const HEAP = 96

const SHEETS = 10
/** Names of a sheet, each with a value of the largest size. */
const NAMES = 500
const STORED = `{"mathjs":"BigNumber","value":"${'1'.repeat(16_000)}"}`

/** Names of that size that one expression may use. */
const AT_ONCE = 8

t.test(
  'a server with a small heap stays up while many large sheets are opened, also after a restart',
  async (t) => {
    const DATA_DIR = temporaryFolder(t)
    await (await openDatabase(DATA_DIR)).destroy()
    fillSheets(join(DATA_DIR, 'partyline.sqlite'))
    const settings = { DATA_DIR, RATE_LIMIT: '0', NODE_OPTIONS: `--max-old-space-size=${HEAP}` }

    const first = await startProcess(t, settings)
    const ada = new Visitor(first.address)
    await ada.signUp('ada')
    await openSheets(ada)
    t.ok((await heapUsed(first)) < HEAP)
    t.match(await first.stop(), { code: 0, signal: null })

    const second = await startProcess(t, settings)
    const same = new Visitor(second.address)
    await same.signIn('ada')
    await openSheets(same)
    t.ok((await heapUsed(second)) < HEAP)
    t.match(await second.stop(), { code: 0, signal: null })
  },
)

function fillSheets(path: string): void {
  const file = new DatabaseSync(path)
  const room = file.prepare("insert into rooms (slug, name, created_at) values (?, ?, '2026') returning id")
  const sheet = file.prepare('insert into sheets (room_id, rev) values (?, ?) returning id')
  const binding = file.prepare('insert into bindings (sheet_id, name, seq, stored) values (?, ?, ?, ?)')
  file.exec('begin')
  for (let number = 0; number < SHEETS; number += 1) {
    const { id: roomId = 0 } = room.get(slugOf(number), slugOf(number)) ?? {}
    const { id: sheetId = 0 } = sheet.get(roomId, NAMES) ?? {}
    for (let seq = 1; seq <= NAMES; seq += 1) binding.run(sheetId, `v${seq}`, seq, STORED)
  }
  file.exec('commit')
  file.close()
}

/** Lets the server read every name of every sheet. */
async function openSheets(person: Visitor): Promise<void> {
  await Promise.all(Array.from({ length: SHEETS }, (_, number) => openSheet(person, slugOf(number))))
}

async function openSheet(person: Visitor, slug: string): Promise<void> {
  const socket = person.socket(`/ws/calculator/${slug}`)
  await socket.next('welcome')
  for (let first = 1; first <= NAMES; first += AT_ONCE) {
    const names = Array.from(
      { length: Math.min(AT_ONCE, NAMES - first + 1) },
      (_, index) => `v${first + index}`,
    )
    // All are looked up, but none is computed with.
    socket.send({ type: 'preview', expression: `true ? 1 : ${names.join('+')}`, id: 'p' })
    // An expression that was cancelled for another was looked up as well.
    await socket.next('preview')
  }
  socket.close()
}

/** @returns mebibytes */
async function heapUsed({ address }: ServerProcess): Promise<number> {
  const metrics = await (await fetch(`${address}/metrics`)).text()
  return Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(metrics)?.[1]) / 1024 / 1024
}

function slugOf(number: number): string {
  return `large-${number}`
}
