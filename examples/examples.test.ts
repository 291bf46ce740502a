import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { newRoom } from '../test/support/chat.ts'
import { startServer } from '../test/support/server.ts'
import { linesOf, list } from './list.ts'

t.test('a page lists all examples, and opens them in one of one’s rooms', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on' })
  t.match(await server.visitor().get('/examples'), { status: 303 })
  const ada = await server.person('ada')
  t.match((await ada.get('/examples')).text, 'href="/rooms/lobby/polls"')
  await ada.get('/rooms/lobby')
  const room = await newRoom(ada, 'Party')
  for (const [query, shown] of [
    [`?room=${room}`, room],
    ['?room=lobby', 'lobby'],
  ] as const) {
    const { text } = await ada.get(`/examples${query}`)
    for (const { title, path } of list) t.match(text, `<a href="${path(shown)}">${title}</a>`)
  }
  for (const query of ['?room=nowhere', '?room=a&room=b', '?room=%00'])
    t.equal((await ada.get(`/examples${query}`)).status, 200, query)
  for (const { path } of list) t.match(await ada.get(path(room)), { status: 200 }, path(room))
})

t.test('their README says how many lines each takes', async (t) => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  for (const { name } of list) {
    const lines = linesOf(name)
    t.ok(lines > 0 && lines < 300, `${name}: ${lines} lines`)
    t.match(readme, `[${name}](${name}), ${lines} lines`)
  }
})
