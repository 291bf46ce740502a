import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Ledger } from '../../bench/ledger.ts'
import type { Sample, Scale } from '../../bench/measure.ts'
import { askForPages } from '../../bench/pages.ts'
import { type Peer, peers, sharingPeers, tidyUp } from '../../bench/peers.ts'
import { withSection } from '../../bench/report.ts'
import { measure, scenarios } from '../../bench/scenarios.ts'
import { Speech } from '../../bench/speech.ts'
import { clientFrame, FrameReader, Opcode } from '../../bench/wire.ts'
import { encodeText } from '../../src/channels/sockets/framing.ts'
import { startRedis, withRedis } from '../support/redis.ts'

// Small, and never timed: the tests check what is counted and in which order, not how fast.
const small: Scale = {
  members: 30,
  talkers: 10,
  rooms: 5,
  calculators: 5,
  idle: 40,
  pages: 4,
  sheets: { dependent: 5, large: 20, edits: 3, openings: 2, pause: 10, writers: 3, hostile: 40 },
  searched: 300,
  searches: 2,
  warmUp: 100,
  pagesWarmUp: 100,
  duration: 300,
  settle: 100,
}

const OF_OTHERS = new Set(['busy', 'calculator', 'idle'])

t.setTimeout(600_000)
t.teardown(tidyUp)
// Most of the time a measurement waits. (tap writes into the options of tests that run together.)
t.jobs = 2

for (const name of ['partyline', 'ws', 'bun', 'bun-sqlite', 'socket.io']) {
  const peer = peerNamed(peers, name)
  const title = `the scenarios of the bench on ${name}: everyone hears everything, once and in order`
  t.test(title, { skip: peer.missing ? `needs ${peer.missing}` : false }, async (t) => {
    const own = scenarios.filter(({ shared, peers }) => !shared && (peers?.includes(name) ?? true))
    // The others say the same in each, which three of them show.
    const these = name === 'partyline' ? own : own.filter((scenario) => OF_OTHERS.has(scenario.name))
    const samples = await measure(peer, these, small, { processes: 1 })
    t.equal(samples.size, these.length, 'each scenario gives a sample')
    for (const [scenario, sample] of samples) holds(t, scenario.name, sample)
  })
}

t.test(
  'with two processes over Redis, everyone hears everything in each scenario',
  { ...withRedis },
  async (t) => {
    const { url } = await startRedis(t)
    const these = scenarios.filter(({ shared }) => shared)
    const setting = { processes: 2, redisUrl: url }
    for (const [scenario, sample] of await measure(
      peerNamed(sharingPeers, 'partyline'),
      these,
      small,
      setting,
    ))
      holds(t, scenario.name, sample)
  },
)

t.test('a server that serves no page is reported instead of waited for', async (t) => {
  const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  t.teardown(() => silent.close())
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const job = { kind: 'page', port, path: '/', cookie: '', connections: 2, expect: '', pids: [] } as const
  await t.rejects(askForPages({ ...job, warmUp: 1, duration: 10 }, 50), { message: /no page came/ })
})

t.test('the README of the benchmark describes each scenario', async (t) => {
  const told = readFileSync(join(import.meta.dirname, '../../bench/README.md'), 'utf8')
  for (const { name } of scenarios) t.match(told, `| \`${name}\` |`)
})

t.test('the ledger counts what is missing, repeated and out of order', async (t) => {
  const ledger = new Ledger(2)
  const [whole, gappy, late] = [ledger.join(), ledger.join(), ledger.join()]
  for (let message = 0; message < 3; message += 1) ledger.say(0)
  ledger.say(1)
  const hear = (record: typeof whole, said: readonly [number, number][]) => {
    for (const [talker, sequence] of said) record.hear(talker, sequence)
  }
  hear(whole, [
    [0, 1],
    [0, 2],
    [1, 1],
    [0, 3],
  ])
  hear(gappy, [
    [0, 1],
    [0, 3],
    [0, 3],
  ])
  hear(late, [
    [0, 2],
    [0, 1],
    [1, 1],
    [0, 3],
  ])
  t.match(whole, { doubled: 0, disordered: 0, otherOrder: false, distinct: 4 })
  t.match(gappy, { doubled: 1, disordered: 0, otherOrder: true, distinct: 2 })
  t.match(late, { doubled: 0, disordered: 1, otherOrder: true, distinct: 4 })
  t.equal(ledger.missing, 2, 'one of the three has not received the last message')
  t.throws(() => whole.hear(0, 4), RangeError, 'a message that was never sent')
})

t.test('frames are parsed wherever the reads end, and the message in them is found', async (t) => {
  const speech = new Speech({ dialect: 'plain', feature: 'chat' })
  const said = speech.say(12, 345, 6789)
  const long = JSON.stringify({ padding: 'x'.repeat(70_000), said: JSON.parse(said).message })
  const bytes = Buffer.concat([encodeText('{"type":"welcome"}'), encodeText(said), encodeText(long)])
  for (const size of [1, 3, 100, bytes.length]) {
    const found: unknown[] = []
    const reader = new FrameReader((opcode, buffer, start, end) => {
      const heard = { talker: 0, sequence: 0, due: 0 }
      if (speech.find(buffer, start, end, heard)) found.push({ opcode, ...heard })
    })
    for (let at = 0; at < bytes.length; at += size) {
      const read = Buffer.from(bytes.subarray(at, at + size))
      reader.read(read, 0, read.length)
    }
    const message = { opcode: Opcode.text, talker: 12, sequence: 345, due: 6789 }
    t.same(found, [message, message], `reads of ${size} bytes`)
  }
  t.equal(JSON.parse(said).message.length, 128)
  t.equal(clientFrame(said).subarray(8).toString(), said, 'a mask of zeros leaves the text unchanged')
})

t.test(
  'the frames with which a Socket.IO connection begins are no messages, whatever its identifier',
  async (t) => {
    const speech = new Speech({ dialect: 'socket.io', feature: 'calculator' })
    const isMessage = (text: string) => {
      const heard = { talker: 0, sequence: 0, due: 0 }
      return speech.find(Buffer.from(text), 0, Buffer.byteLength(text), heard)
    }
    t.equal(isMessage('0{"sid":"c-2xB8GHh304481AAAB","upgrades":[]}'), false)
    t.equal(isMessage('40{"sid":"c-xyz0012345mAAAAB"}'), false)
    t.equal(isMessage(speech.say(12, 345, 0)), true)
  },
)

t.test('results are written between the two comments of the README and nowhere else', async (t) => {
  const begin = '<!-- What follows is written by `npm run bench`. -->'
  const end = '<!-- Written by `npm run bench` up to here. -->'
  const written = withSection(`before\n${begin}\nold\n${end}\nafter\n`, [])
  t.match(written, /^before\n<!--/)
  t.match(written, /-->\nafter\n$/)
  t.notMatch(written, 'old')
  t.throws(() => withSection('no place', []), /README.md has no place/)
})

function peerNamed(all: readonly Peer[], name: string): Peer {
  const peer = all.find((each) => each.name === name)
  if (!peer) throw new Error(`there is no peer ${name}`)
  return peer
}

function holds(t: Test, scenario: string, { figure, faults = {} }: Sample): void {
  t.ok(figure > 0 || scenario === 'idle', `${scenario}: something was measured`)
  for (const [fault, count] of Object.entries(faults)) t.equal(count, 0, `${scenario}: ${fault}`)
}
