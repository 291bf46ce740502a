import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WebSocketRoute } from 'playwright-core'
import t from 'tap'
import { eventually, inBrowser, openBrowser } from '../test/support/browser.ts'
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

t.test(
  'an example’s page tells of a refusal, and is loaded again when too much was missed',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { EXAMPLES: 'on' })
    const ada = await server.person('ada')
    const asked = { question: 'Cake?', options: 'yes\nno', hours: '1' }
    const path = (await ada.post(`/rooms/${await newRoom(ada, 'Party')}/polls`, asked)).headers.get(
      'location',
    )
    await server.app.database.updateTable('polls').set({ rev: 5_000 }).execute()
    const late = ada.socket(`${path?.replace(/^.rooms.(.*).polls/, '/ws/polls/$1')}?since=1`)
    t.match(await late.next('poll'), { rev: 5_000 }, 'of one state, nobody misses too much')
    late.close()

    const page = await (await openBrowser(t, ada)).newPage()
    const sockets: WebSocketRoute[] = []
    await page.routeWebSocket('**/ws/polls/**', (socket) => {
      // A page that was sent something listens.
      socket.connectToServer().onMessage((frame) => {
        socket.send(frame)
        if (!sockets.includes(socket)) sockets.push(socket)
      })
    })
    await page.goto(path ?? '')
    await eventually('a socket', async () => sockets.length === 1)
    sockets[0]?.send(JSON.stringify({ type: 'error', code: 'forbidden', error: 'this poll has closed' }))
    await page.getByRole('alert').filter({ hasText: 'this poll has closed' }).waitFor()
    sockets[0]?.send(JSON.stringify({ type: 'reset', rev: 5_000 }))
    await eventually('the page is loaded again', async () => sockets.length === 2)
    t.equal(await page.getByRole('alert').innerText(), '')
  },
)

t.test('their README says how many lines each takes', async (t) => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  for (const { name } of list) {
    const lines = linesOf(name)
    t.ok(lines > 0 && lines < 300, `${name}: ${lines} lines`)
    t.match(readme, `[${name}](${name}), ${lines} lines`)
  }
})
