import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openSheet } from '../support/calculator.ts'
import { newRoom } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startProcess } from '../support/process.ts'
import { randomFrom } from '../support/random.ts'
import { seedFrom } from '../support/seed.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { type Frame, TestSocket } from '../support/socket.ts'
import { Visitor } from '../support/visitor.ts'

/*
 * A sheet is its lines and its inputs, in one numbered order. Each value is a function of them. Everyone who has seen change N
 * has the same lines and values. Reopened later, in another process, after any kill, they are still the same.
 */

const SEED = seedFrom('SHEET_SEED')
const SESSIONS = Number(process.env.SHEET_SESSIONS ?? 2)
const WRITERS = 4
const EDITS = 30

const random = randomFrom(SEED)
const below = (count: number) => Math.floor(random() * count)
const chance = (probability: number) => random() < probability
function pick<Item>(items: readonly Item[]): Item {
  const item = items[below(items.length)]
  if (item === undefined) throw new Error('there is nothing to pick from')
  return item
}

const server = await startServer(t, {
  RATE_LIMIT: '0',
  SIGN_UPS_PER_ADDRESS: '0',
  ROOMS_PER_USER: '0',
  CONNECTIONS_PER_USER: '0',
})
const people = await Promise.all(Array.from({ length: WRITERS }, (_, i) => server.person(`writer-${i}`)))
t.comment(`SHEET_SEED=${SEED} writes the same again`)

const NAMES = ['rent', 'food', 'tax', 'k1', 'k2', 'f1', 'm']

function expression(): string {
  const name = pick(NAMES)
  return pick([
    () => `${name} = ${below(100)}`,
    () => `${name} = ${pick(NAMES)} + ${below(10)}`,
    () => `${pick(NAMES)} + ${pick(NAMES)}`,
    () => `ans * 2`,
    () => pick(['total', 'sum', 'average', 'count', 'max']),
    () => '# Part',
    () => '// said aside',
    () => '',
    () => `Label ${below(9)}: ${below(50)} + 1`,
    () => `f1(n) = n + ${name}`,
    () => `f1(${below(9)})`,
    () => pick(['f1(n) = f2(n) + 1', 'f2(n) = f1(n) * 2', `f2(n) = n * ${name}`]),
    () => `${name} = f2(${below(9)})`,
    () => `${below(9)} kg + 3 g`,
    () => `${name} / 0`,
    () => '12 * (7',
    () => `total + ${name}`,
    () => 'today + 1 day',
  ])()
}

/** A person on a sheet, with what a client that follows the protocol knows of it. */
class Member {
  readonly visitor: Visitor
  readonly room: string
  readonly lines = new Map<number, Frame>()
  readonly inputs = new Map<string, Frame>()
  rev = 0
  until = 0
  #socket: TestSocket | undefined
  readonly #answers = new Map<string, (frame: Frame) => void>()

  constructor(visitor: Visitor, room: string) {
    this.visitor = visitor
    this.room = room
  }

  async connect(): Promise<void> {
    const socket = await openSheet(this.visitor, this.room, `?since=${this.rev}`)
    this.#socket = socket
    void this.#hear(socket)
  }

  disconnect(): void {
    this.#socket?.close()
    this.#socket = undefined
    // The edit in progress may have been made or not.
    for (const answer of this.#answers.values()) answer({ type: 'lost' })
    this.#answers.clear()
  }

  async #hear(socket: TestSocket): Promise<void> {
    for (;;) {
      const frame = await socket.next().catch(() => undefined)
      if (!frame || socket !== this.#socket) return
      if (frame.type === 'result' || frame.type === 'input') this.#take(frame)
      const id = String(frame.id)
      const isAnswer =
        frame.type === 'done' || frame.type === 'error' || (frame.type === 'result' && frame.sender)
      if (!isAnswer || !this.#answers.has(id)) continue
      this.#answers.get(id)?.(frame.type === 'result' ? { type: 'done', rev: frame.until } : frame)
      this.#answers.delete(id)
    }
  }

  #take(frame: Frame): void {
    if (Number(frame.rev) <= this.rev) throw new Error('a change came twice')
    this.rev = Number(frame.rev)
    this.until = Math.max(this.until, Number(frame.until))
    if (frame.type === 'input') this.inputs.set(String(frame.name), frame)
    else if (frame.removed) this.lines.delete(Number(frame.seq))
    else this.lines.set(Number(frame.seq), frame)
  }

  tell(frame: Frame, id: string): Promise<Frame> {
    const socket = this.#socket
    if (!socket) return Promise.resolve({ type: 'lost' })
    return new Promise((resolve) => {
      this.#answers.set(id, resolve)
      socket.send({ ...frame, id })
    })
  }

  get inOrder(): Frame[] {
    const byPosition = (a: Frame, b: Frame) => (String(a.position) < String(b.position) ? -1 : 1)
    return [...this.lines.values()].sort(byPosition)
  }
}

function change(member: Member, edits: number[]): Frame {
  const seqs = [...member.lines.keys()]
  const base = member.rev
  const before = chance(0.3) || seqs.length === 0 ? null : pick(seqs)
  if (seqs.length < 4 || chance(0.35)) return { type: 'insert', expression: expression(), before }
  const seq = pick(seqs)
  return pick([
    () => ({ type: 'set', seq, expression: expression(), base }),
    () => ({ type: 'set', seq, expression: expression(), base }),
    () => ({ type: 'move', seq, before }),
    () => ({ type: 'remove', seq, base }),
    () => ({
      type: 'edit',
      changes: [
        { type: 'set', seq, expression: expression(), base },
        { type: 'insert', expression: expression(), before },
        { type: 'move', seq: pick(seqs), before },
      ],
    }),
    () => ({ type: 'rename', from: pick(NAMES), to: `new_${below(1000)}` }),
    () => ({ type: 'undo', rev: edits.length > 0 ? pick(edits) : 1 }),
    () => ({ expression: `${below(100)} + 1` }),
  ])()
}

/** What everybody has of a sheet: its text and its values, without revision numbers. */
const shown = (lines: readonly Frame[]) =>
  lines.map(({ expression, text, result, error, kind, label }) => ({
    expression,
    text,
    result,
    error,
    kind,
    label,
  }))

async function read(room: string): Promise<{ readonly rev: number; readonly lines: Frame[] }> {
  return JSON.parse((await (people[0] as Visitor).get(`/api/sheets/${room}`)).text)
}

/** Writes lines into a new sheet, in one edit: each value is calculated from the text alone. */
async function written(expressions: readonly string[]): Promise<string> {
  const visitor = people[0] as Visitor
  const room = await newRoom(visitor, `written ${below(1e9)}`)
  const socket = await openSheet(visitor, room)
  const changes = expressions.map((expression) => ({ type: 'insert', expression, before: null }))
  socket.send({ type: 'edit', changes, id: 'all' })
  const answer = await new Promise<Frame>((resolve) => {
    const hear = async (): Promise<void> => {
      const frame = await socket.next()
      return frame.type === 'done' || frame.type === 'error' ? resolve(frame) : hear()
    }
    void hear()
  })
  if (answer.type !== 'done') throw new Error(`not written: ${JSON.stringify(answer)}`)
  socket.close()
  return room
}

/** Drops, repeats and delays what this process publishes. */
function makeFaulty(): () => void {
  const layer = server.app.channelLayer
  const send = layer.groupSend
  layer.groupSend = async (group, event) => {
    if (chance(0.3)) return
    if (chance(0.3)) setImmediate(() => void send.call(layer, group, event))
    if (chance(0.3)) await new Promise(setImmediate)
    await send.call(layer, group, event)
  }
  return () => {
    layer.groupSend = send
  }
}

for (let session = 1; session <= SESSIONS; session += 1)
  t.test(`everyone who wrote in session ${session} has the values that the text gives`, async (t) => {
    const room = await newRoom(people[0] as Visitor, `session ${session}`)
    const members = people.map((visitor) => new Member(visitor, room))
    await Promise.all(members.map((member) => member.connect()))
    const mend = makeFaulty()
    let ids = 0

    await Promise.all(
      members.map(async (member) => {
        const edits: number[] = []
        for (let number = 0; number < EDITS; number += 1) {
          if (chance(0.05)) {
            member.disconnect()
            await member.connect()
          }
          const answer = await member.tell(change(member, edits), `edit-${++ids}`)
          if (answer.type === 'done') edits.push(Number(answer.rev))
          else if (answer.code === 'internal') throw new Error(JSON.stringify(answer))
        }
      }),
    )
    mend()

    const truth = await read(room)
    await eventually('every member hears all', () => members.every(({ rev }) => rev === truth.rev))
    for (const member of members) {
      t.same(member.inOrder, truth.lines, 'what they were sent is what is stored')
      t.equal(member.until, member.rev, 'and no edit was sent in part')
      member.disconnect()
    }
    const again = await read(await written(truth.lines.map((line) => String(line.expression))))
    t.same(shown(truth.lines), shown(again.lines), 'and each value is what the text alone gives')
    t.ok(truth.lines.length > 5, `${truth.lines.length} lines after ${truth.rev} changes`)
  })

t.test('renaming a name everywhere changes no value', async (t) => {
  for (let turn = 0; turn < 3; turn += 1) {
    const expressions = Array.from({ length: 30 }, expression)
    const room = await written([...expressions, 'rent = 5'])
    const socket = await openSheet(people[0] as Visitor, room)
    const before = await read(room)
    socket.send({ type: 'rename', from: 'rent', to: 'housing', id: 'rename' })
    for (let frame = await socket.next(); frame.id !== 'rename'; frame = await socket.next());
    const after = await read(room)
    const values = ({ text, result, error }: Frame) =>
      JSON.stringify([text, result, (error as Frame)?.message]).replaceAll('housing', 'rent')
    t.same(after.lines.map(values), before.lines.map(values))
    t.notOk(after.lines.some((line) => /\brent\b/.test(String(line.expression)) && line.kind !== 'comment'))
    socket.close()
  }
})

t.test('lines that do not depend on each other can be swapped', async (t) => {
  const lines = ['a1 = 5', 'b1 = 7 kg', 'c1 = a1 * 2', 'b1 * 2', 'sqrt(a1)', 'g1(n) = n + a1', 'g1(3) + c1']
  const valuesOf = async (expressions: readonly string[]) =>
    new Map((await read(await written(expressions))).lines.map(({ expression, text }) => [expression, text]))
  const before = await valuesOf(lines)
  for (let turn = 0; turn < 5; turn += 1) {
    const mixed = lines.map((line) => ({ line, at: random() })).sort((a, b) => a.at - b.at)
    t.same(new Map([...(await valuesOf(mixed.map(({ line }) => line)))].sort()), new Map([...before].sort()))
  }
})

const golden = join(import.meta.dirname, 'golden')

for (const file of readdirSync(golden)) {
  t.test(`the golden sheet ${file} gives the same values as ever`, async (t) => {
    const sheet: readonly (readonly [expression: string, value: string])[] = JSON.parse(
      readFileSync(join(golden, file), 'utf8'),
    )
    const { lines } = await read(await written(sheet.map(([expression]) => expression)))
    t.same(
      lines.map(({ expression, text, error }) => [expression, text ?? `! ${(error as Frame).message}`]),
      sheet,
    )
  })
}

t.test('a server killed during a calculation leaves the sheet as before or after the edit', async (t) => {
  const settings = { DATA_DIR: temporaryFolder(t), RATE_LIMIT: '0', LOG_LEVEL: 'error' }
  let process = await startProcess(t, settings)
  const ada = new Visitor(process.address)
  await ada.signUp('ada')
  const open = (query = '') =>
    new TestSocket(process.address, `/ws/calculator${query}`, { cookie: ada.cookie })
  const chain = Array.from({ length: 400 }, (_, i) => (i === 0 ? 'v0 = 1' : `v${i} = v${i - 1} + 1`))
  let socket = open()
  await socket.next('welcome')
  const changes = chain.map((expression) => ({ type: 'insert', expression, before: null }))
  socket.send({ type: 'edit', changes, id: 'chain' })
  await socket.next('done')
  let acknowledged = 1
  let asked = 1
  for (let kill = 0; kill < 2; kill += 1) {
    const stop = acknowledged + 1 + below(4)
    while (acknowledged < stop) {
      asked += 1
      socket.send({
        type: 'set',
        seq: 1,
        expression: `v0 = ${asked}`,
        base: Number.MAX_SAFE_INTEGER,
        id: `s${asked}`,
      })
      const frame = await socket.next('done')
      if (frame.id === `s${asked}`) acknowledged = asked
    }
    asked += 1
    socket.send({
      type: 'set',
      seq: 1,
      expression: `v0 = ${asked}`,
      base: Number.MAX_SAFE_INTEGER,
      id: `s${asked}`,
    })
    for (let turn = below(6); turn > 0; turn -= 1) await new Promise(setImmediate)
    await process.kill()
    process = await startProcess(t, settings)
    socket = open('?since=0')
    const { rev } = await socket.next('welcome')
    const lines = new Map<unknown, Frame>()
    while (!lines.has('end')) {
      const frame = await socket.next('result')
      lines.set(frame.seq, frame)
      if (frame.rev === rev) lines.set('end', frame)
    }
    lines.delete('end')
    const first = Number(lines.get(1)?.text)
    t.ok(first === acknowledged || first === asked, `${first} of ${acknowledged} or ${asked}`)
    t.same(
      [...lines.values()]
        .map(({ seq, text }) => [seq, Number(text)])
        .sort((a, b) => Number(a[0]) - Number(b[0])),
      chain.map((_, i) => [i + 1, first + i]),
      'all lines can be removed together',
    )
    acknowledged = first
  }
  socket.close()
})
