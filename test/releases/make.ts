/**
 * `node test/releases/make.ts FOLDER`: fills a Partyline of this very version through its front door, and leaves in FOLDER
 * what later versions are tested with: `partyline.sqlite.gz`, `partyline.sql.gz` (from `pg_dump`), and beside each what the
 * server answered about it.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { startPostgres } from '../support/postgres.ts'
import { Visitor } from '../support/visitor.ts'
import { answersOf, SECRET } from './answers.ts'

const ROOMS = [
  'Physics',
  'Physics',
  'Lab 2',
  'lab-2!',
  'Küche',
  '房间',
  'שלום',
  '\u3164',
  'a'.repeat(80),
  '🚀 Launch',
  ...Array.from({ length: 20 }, (_, index) => `Group ${index}`),
]

/** Names that look alike, and names that later versions keep for themselves, among them. */
const PEOPLE = [
  ...['ada', 'grace', 'emmy', 'here', 'room', 'admin', 'annl', 'ann1', 'o0o', 'ooo', '__', '-a-'],
  ...Array.from({ length: 28 }, (_, index) => `person-${index}`),
]

const TEXTS = [
  'The pump in lab 2 is running again.',
  'See https://example.com/a?b=c&d=e and www.example.org.',
  '<b>not bold</b> & "quoted"',
  'two\nlines',
  'emoji 👩‍🚀🎉, Hebrew שלום, Arabic مرحبا, Chinese 你好',
  'x'.repeat(4_000),
  '\u200b zero width',
  '  spaces around  ',
]

const LINES = [
  ...[
    '12*7',
    '0.1 + 0.2',
    'x = 5',
    'f(n) = n^2 + x',
    'f(3)',
    'ans * 2',
    '5 inch to cm',
    '[1,2;3,4] * 2',
    'sqrt(-4)',
  ],
  ...[
    '2^200',
    '1/3',
    'x = x + 1',
    '200 + 10%',
    'y = 3 km',
    'y / 2 h',
    '1e-300',
    'true',
    'm = 5 kg',
    'g(a, b) = a * b + f(a)',
  ],
]

const folder = process.argv[2]
if (!folder) throw new Error('usage: node test/releases/make.ts FOLDER')
mkdirSync(folder, { recursive: true })
const cleanUps: (() => unknown)[] = []
try {
  await makeSqlite(folder)
  await makePostgres(folder)
} finally {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
}

async function makeSqlite(target: string): Promise<void> {
  const data = temporaryFolder()
  const app = await filled({ DATA_DIR: data }, join(target, 'sqlite.json.gz'))
  await app.close()
  writeFileSync(
    join(target, 'partyline.sqlite.gz'),
    gzipSync(readFileSync(join(data, 'partyline.sqlite')), { level: 9 }),
  )
}

async function makePostgres(target: string): Promise<void> {
  const postgres = await startPostgres({
    teardown: (cleanUp: () => unknown) => void cleanUps.push(cleanUp),
  } as never)
  const url = await postgres.database()
  const app = await filled(
    { DATA_DIR: temporaryFolder(), DATABASE_URL: url },
    join(target, 'postgres.json.gz'),
  )
  await app.close()
  const dump = execFileSync('pg_dump', ['--no-owner', '--rows-per-insert=200', url], { maxBuffer: 1 << 30 })
  writeFileSync(join(target, 'partyline.sql.gz'), gzipSync(dump, { level: 9 }))
}

async function filled(settings: Record<string, string>, answers: string): Promise<FastifyInstance> {
  const config = readConfig({
    ...settings,
    SECRET,
    LOG_LEVEL: 'warn',
    RATE_LIMIT: '0',
    SIGN_UPS_PER_ADDRESS: '0',
  })
  const app = await buildApp(config)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const people = []
  for (const name of PEOPLE) {
    const person = new Visitor(address, { 'user-agent': 'curl/8.0' })
    await person.signUp(name)
    people.push(person)
  }
  const rooms = ['lobby']
  for (const [index, name] of ROOMS.entries()) rooms.push(await makeRoom(at(people, index), name))
  for (const [index, room] of rooms.entries()) await talk(people, room, index)
  await leave(at(people, 1), at(rooms, 3))
  await endings(address, people)
  const found = await answersOf(
    address,
    people.slice(0, 6).map(({ cookie }) => cookie),
    rooms,
  )
  writeFileSync(answers, gzipSync(JSON.stringify(found), { level: 9 }))
  return app
}

async function makeRoom(person: Visitor, name: string): Promise<string> {
  const { headers, status } = await person.post('/rooms', { name })
  const slug = headers.get('location')?.split('/').at(-1)
  if (status !== 303 || !slug) throw new Error(`no room ${name}: ${status}`)
  return slug
}

/** A hundred messages and sixty lines in each room, of several people, some sent twice. */
async function talk(people: readonly Visitor[], room: string, index: number): Promise<void> {
  const here = [0, 1, 2].map((offset) => at(people, index + offset))
  for (const [place, person] of here.entries()) {
    const chat = person.socket(`/ws/chat/${room}`)
    await chat.next('welcome')
    const count = 34
    for (let number = 0; number < count; number += 1)
      chat.send({
        message: `${number}: ${TEXTS[(number + index) % TEXTS.length]}`.slice(0, 4_000),
        id: `m-${place}-${number}`,
      })
    chat.send({ message: 'again', id: `m-${place}-0` })
    for (let own = 0; own < count + 1; )
      own += Number(String((await chat.next('message')).id).startsWith(`m-${place}-`))
    if (place === 0) {
      chat.send({ type: 'read', seq: 20 + index })
      chat.send({ type: 'nothing', id: 'behind' })
      await chat.next('error')
    }
    chat.close()
    if (index % 2 === 1 || place > 1) continue
    const sheet = person.socket(`/ws/calculator/${room}`)
    await sheet.next('welcome')
    for (let number = 0; number < 40; number += 1) await calculate(sheet, at(LINES, number), `l-${number}`)
    sheet.close()
  }
  const own = at(people, index).socket('/ws/calculator')
  await own.next('welcome')
  for (const [number, line] of LINES.entries()) await calculate(own, line, `own-${index}-${number}`)
  own.close()
}

async function calculate(
  sheet: ReturnType<Visitor['socket']>,
  expression: string,
  id: string,
): Promise<void> {
  sheet.send({ expression, id })
  for (;;) {
    const frame = await sheet.next()
    if (frame.id === id) return
  }
}

async function leave(person: Visitor, room: string): Promise<void> {
  await person.post(`/rooms/${room}/leave`, {})
}

/** Sessions of all kinds: ended ones, those of tokens, and a changed password. */
async function endings(address: string, people: readonly Visitor[]): Promise<void> {
  await at(people, 39).signOut()
  for (const name of ['ada', 'grace']) {
    await fetch(`${address}/api/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: name, password: 'correct horse battery' }),
    })
  }
  const changed = at(people, 38)
  await changed.post('/account/password', {
    current: 'correct horse battery',
    password: 'another horse battery',
  })
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length]
  if (item === undefined) throw new Error('an empty list')
  return item
}

function temporaryFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'partyline-release-'))
  cleanUps.push(() => rmSync(made, { recursive: true, force: true }))
  return made
}
