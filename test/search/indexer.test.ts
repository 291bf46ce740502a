import t from 'tap'
import { Indexer } from '../../src/search/indexer.ts'
import { Pace } from '../../src/search/pace.ts'
import type { RoomChanges, SearchIndex } from '../../src/search/search-index.ts'
import { fill, newRoom, roomRow } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startServer } from '../support/server.ts'

const SETTINGS = { RATE_LIMIT: '0', SECRET: 'a secret of thirty-two characters' }

t.test('while the server is busy, indexing takes a small part of its time', async (t) => {
  const busy = new Pace(() => 0.8)
  t.equal(busy.after({ took: 40, isUnfinished: false }), 800)
  t.equal(busy.after({ took: 1, isUnfinished: false }), 300, 'changes are collected in any case')
  t.equal(busy.after({ took: 5_000, isUnfinished: false }), 1_200, 'and can be found within two seconds')
  t.equal(busy.after({ took: 40, isUnfinished: true }), 300, 'leftover work does not wait as long')
})

t.test('when the server has time, the index catches up', async (t) => {
  const idle = new Pace(() => 0.1)
  t.equal(idle.after({ took: 40, isUnfinished: true }), 40, 'half of the time')
  t.equal(idle.after({ took: 40, isUnfinished: false }), 300, 'the next messages are collected')
})

t.test('many busy rooms are indexed a little at a time, in turn', async (t) => {
  const { app, person } = await startServer(t, SETTINGS)
  const ada = await person('ada')
  const rooms: { slug: string; id: number }[] = []
  for (let count = 0; count < 12; count += 1) {
    const slug = await newRoom(ada, `Room ${count}`)
    rooms.push({ slug, id: (await roomRow(app, slug)).id })
  }
  const ids = rooms.map(({ id }) => id)
  for (const { slug } of rooms)
    await fill(app, slug, 'ada', 110, (index) => `something ${index}`.padEnd(60, '.'))
  const index = new NotedIndex()
  const indexer = new Indexer(app.database, index, app.log, async () => {})
  t.teardown(() => indexer.close())
  for (const id of ids) indexer.changed(id)
  await eventually('all are indexed', () => index.messages === 1_320)
  t.strictSame(index.applied[0], ids, 'each room is among the first')

  const [first = 0, second = 0, third = 0] = ids
  for (const { slug } of rooms.slice(0, 3))
    await fill(app, slug, 'ada', 30, (index) => `${index} ${'much '.repeat(600)}`)
  index.applied.length = 0
  index.onApply = () => indexer.changed(first)
  for (const id of [first, second, third]) indexer.changed(id)
  await eventually('all of these are indexed', () => index.messages === 1_410)
  t.strictSame(
    index.applied.flat().slice(0, 4),
    [first, second, third, first],
    'no room waits for all of another',
  )
})

/** An index that stores nothing and notes which rooms it is given. */
class NotedIndex implements SearchIndex {
  readonly applied: number[][] = []
  messages = 0
  onApply = () => {}

  async apply(changes: readonly RoomChanges[]) {
    this.applied.push(changes.map(({ room }) => room))
    for (const { messages } of changes) this.messages += messages.length
    this.onApply()
    return changes.map(({ room, to }) => ({ room, rev: to, filled: 0 }))
  }

  async positions() {
    return []
  }

  async unfilled() {
    return []
  }

  async isNew() {
    return false
  }

  async forget() {
    return false
  }

  async find() {
    return { places: [], next: undefined }
  }

  async begin() {}
  async fill() {}
  async close() {}
}
