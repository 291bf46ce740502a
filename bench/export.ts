/**
 * `node bench/export.ts`: exports a room of a million messages, and tells how long it takes and how much memory the server needs.
 *   --messages 100000   instead of a million
 *   --format csv        instead of json; or html
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { openDatabase } from '../src/storage/index.ts'
import { freePort, listening, machine, ROOT, residentMemory, run } from './machine.ts'
import { LOBBY, settle } from './town.ts'

/** Milliseconds between two looks. */
const INTERVAL = 500

/** Characters of a message. */
const TEXT =
  'What was said here is not very long, but it is not short either, and it fills the line of a page.'

const { values: options } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    format: { type: 'string', default: 'json' },
  },
})
const messages = Number(options.messages)

let token: string | undefined
const folder = mkdtempSync(join(tmpdir(), 'partyline-export-'))
const settings = { DATA_DIR: folder, RATE_LIMIT: '0', DISK_PER_USER: '0', LOG_LEVEL: 'warn' }
const [person] = await settle(settings, 1, 0)
await fill()
const port = await freePort()
const server = run(
  [process.execPath, 'src/main.ts'],
  { ...settings, PORT: String(port) },
  { directory: ROOT },
)
try {
  await listening(port)
  const before = residentMemory(server.pid)
  const begun = performance.now()
  const { id } = await ask('POST', `/api/rooms/${LOBBY}/export`, { format: options.format })
  let most = before
  let slowest = 0
  for (;;) {
    await delay(INTERVAL)
    most = Math.max(most, residentMemory(server.pid))
    const asked = performance.now()
    const { result, state } = await ask('GET', `/api/jobs/${id}`)
    slowest = Math.max(slowest, performance.now() - asked)
    if (state === 'failed') throw new Error(JSON.stringify(result))
    if (state !== 'done') continue
    const seconds = (performance.now() - begun) / 1000
    const size = Number(Reflect.get(Object(result), 'size'))
    const read = await readFile(String(Reflect.get(Object(result), 'url')))
    if (read !== size) throw new Error(`${read} bytes came instead of ${size}`)
    most = Math.max(most, residentMemory(server.pid))
    console.log(machine())
    console.log(
      `${messages.toLocaleString('en')} messages as ${options.format}: ${seconds.toFixed(1)} s, ${(size / 1e6).toFixed(0)} MB`,
    )
    console.log(
      `memory of the server: ${Math.round(before / 1024)} MiB before, ${Math.round(most / 1024)} MiB at most`,
    )
    console.log(`the slowest answer meanwhile: ${Math.round(slowest)} ms`)
    break
  }
} finally {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function fill(): Promise<void> {
  const database = await openDatabase(folder)
  try {
    await sql`
      with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${sql.lit(messages)})
      insert into messages (room_id, seq, rev, sender_id, client_id, text, created_at)
      select rooms.id, rooms.rev + n, rooms.rev + n, users.id, 'filled-' || n, ${TEXT}, '2026-11-28T09:00:00.000Z'
      from numbers, rooms, (select min(id) as id from users) as users where rooms.slug = ${LOBBY}`.execute(
      database,
    )
    await sql`update rooms set rev = rev + ${sql.lit(messages)} where slug = ${LOBBY}`.execute(database)
  } finally {
    await database.destroy()
  }
}

async function ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = await cookies()
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

async function cookies(): Promise<{ cookie: string; 'x-csrf-token': string }> {
  const cookie = person?.cookie ?? ''
  const known: string =
    token ??
    (await fetch(`http://127.0.0.1:${port}/account`, { headers: { cookie } })
      .then((page) => page.text())
      .then((page) => /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''))
  token = known
  return { cookie, 'x-csrf-token': known }
}

async function readFile(url: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}${url}`, { headers: { cookie: person?.cookie ?? '' } })
  let bytes = 0
  for await (const chunk of answer.body ?? []) bytes += chunk.length
  return bytes
}
