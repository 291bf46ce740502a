import { setTimeout as delay } from 'node:timers/promises'
import { openDatabase } from '../src/storage/index.ts'
import { randomFrom } from '../test/support/random.ts'
import { Times } from './clock.ts'
import { type Sample, type Scale, started } from './measure.ts'
import type { Peer } from './peers.ts'
import {
  characterAt,
  daysAgo,
  fillTown,
  OLDEST,
  openRoom,
  type Random,
  SHORT_WORDS,
  searchers,
  shortWordAt,
  WORDS,
  wordAt,
} from './search-corpus.ts'

/** Rooms and people of the messages that are searched, and how many of these there are at least for each. */
const ROOMS = 200
const PEOPLE = 50
const MESSAGES_EACH = 30

const among = (random: Random, count: number) => Math.floor(random() * count)
const anyWord = (random: Random) => wordAt(among(random, WORDS))
const rareWord = (random: Random) => wordAt(WORDS - 1 - among(random, 5_000))
const commonWord = (random: Random) => wordAt(among(random, 100))
const somebody = (random: Random) => `from:member-00${10 + among(random, 40)}`

/** The kinds of searches, each made from random numbers. */
export const kinds: Readonly<Record<string, (random: Random) => string>> = {
  'a common word': commonWord,
  'a rare word': rareWord,
  'part of a word': (random) => anyWord(random).slice(1, 5),
  'a long part of a word': (random) => anyWord(random).slice(1, 7),
  'three letters': (random) => anyWord(random).slice(0, 3),
  'a word of two letters': (random) => shortWordAt(among(random, SHORT_WORDS)),
  'two words': (random) => `${wordAt(among(random, 50))} ${wordAt(among(random, 2_000))}`,
  'two rare words': (random) => `${rareWord(random)} ${rareWord(random)}`,
  'a phrase': (random) => `"${wordAt(among(random, 20))} ${wordAt(among(random, 200))}"`,
  'a phrase that nobody said': (random) =>
    `"${commonWord(random)} ${rareWord(random)} ${commonWord(random)}"`,
  'two Chinese characters': (random) => characterAt(random() ** 3) + characterAt(random() ** 3),
  'one Chinese character': (random) => characterAt(random() ** 3),
  'a word in a room': (random) => `in:${openRoom(random, ROOMS)} ${wordAt(among(random, 2_000))}`,
  'a rare word of a person': (random) => `${somebody(random)} ${rareWord(random)}`,
  'a word of a person in a month': (random) =>
    `${somebody(random)} after:${daysAgo(60)} before:${daysAgo(30)} ${wordAt(among(random, 500))}`,
  'a rare word before a day': (random) => `before:${daysAgo(among(random, 365))} ${rareWord(random)}`,
  'a word with files': (random) => `has:file ${wordAt(among(random, 2_000))}`,
  'files of a person': (random) => `has:file ${somebody(random)}`,
  nothing: (random) => `zqx${among(random, 1_000)}q`,
}

/** Those kinds that are measured for somebody in many rooms too. */
const IN_MANY = ['a common word', 'a rare word', 'part of a word', 'two words', 'a phrase'] as const

/** Searches among many messages, one search after the other. The figure is the p99 of all kinds together, in milliseconds. */
export async function search(peer: Peer, { searched, searches }: Scale): Promise<Sample> {
  const most = Math.ceil(searched / MESSAGES_EACH)
  const needs = { people: Math.min(PEOPLE, most), rooms: Math.min(ROOMS, most), core: undefined }
  return started(peer, needs, { processes: 1 }, async ({ data, people }, [port = 0]) => {
    if (!data) throw new Error(`${peer.title} does not say where its data are`)
    const database = await openDatabase(data.folder, data.databaseUrl)
    try {
      await fillTown(database, searched)
    } finally {
      await database.destroy()
    }
    const finderOf = (name: string) =>
      finder(port, people.find((person) => person.name === name)?.cookie ?? '')
    const [few, many] = [finderOf(searchers.ofFewRooms), finderOf(searchers.ofManyRooms)]
    await untilIndexed(few)
    const { all, lines } = await searchEach(few, many, searches)
    console.log(`  ${peer.title}, p50 / p99 / most in ms: ${lines.join('; ')}`)
    return { figure: all.percentile(0.99), p50: all.percentile(0.5), p99: all.percentile(0.99) }
  })
}

type Find = (q: string) => Promise<Answer>

interface Answer {
  readonly messages: readonly { readonly message: string }[]
  readonly more: boolean
}

/**
 * Searches for each kind.
 * @param few for somebody who is in few rooms
 * @param many for somebody who is in many
 */
export async function searchEach(
  few: Find,
  many: Find,
  searches: number,
): Promise<{ all: Times; lines: string[] }> {
  const all = new Times()
  const random = randomFrom(7)
  const lines: string[] = []
  const runs = [
    ...Object.keys(kinds).map((kind) => ({ kind, find: few, title: kind })),
    ...IN_MANY.map((kind) => ({ kind, find: many, title: `${kind}, in many rooms` })),
  ]
  for (const { find, kind, title } of runs) {
    const times = new Times()
    let short = 0
    for (let count = 0; count < searches; count += 1) {
      const query = kinds[kind]?.(random) ?? kind
      const began = performance.now()
      const { messages, more } = await find(query)
      const took = Math.round((performance.now() - began) * 10)
      times.add(took)
      all.add(took)
      if (more && messages.length < FULL) short += 1
    }
    const figures = [0.5, 0.99, 1].map((share) => times.percentile(share).toFixed(1)).join(' / ')
    lines.push(
      short > 0 ? `${title} ${figures} (${short} of ${searches} to be gone on with)` : `${title} ${figures}`,
    )
  }
  return { all, lines }
}

/** Messages of a whole answer. */
const FULL = 30

export function finder(port: number, cookie: string): Find {
  return async (q) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/search?${new URLSearchParams({ q })}`, {
      headers: { cookie },
    })
    if (!answer.ok) throw new Error(`a search was answered with ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as Answer
  }
}

/** The oldest message is added last. */
export async function untilIndexed(find: Find): Promise<void> {
  const began = performance.now()
  while ((await find(`"${OLDEST}"`)).messages.length === 0) await delay(500)
  console.log(`  indexed within ${((performance.now() - began) / 1000).toFixed(0)} s`)
}
