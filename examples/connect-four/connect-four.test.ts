import t from 'tap'
import { newRoom } from '../../test/support/chat.ts'
import { startServer } from '../../test/support/server.ts'
import { isWon } from './rules.ts'

t.test('two people take turns, others watch, and a player who reconnects can go on', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0' })
  const [ada, bob, eve] = [await server.person('ada'), await server.person('bob'), await server.person('eve')]
  const room = await newRoom(ada, 'Party')
  const [page, path] = [`/rooms/${room}/connect-four`, `/ws/connect-four/${room}`]
  const [adas, bobs, eves] = [ada.socket(path), bob.socket(path), eve.socket(path)]
  const drop = (move: number, column: number) => ({ game: 1, move, column, id: `${move}` })
  for (const socket of [adas, bobs, eves]) t.match(await socket.next('welcome'), { rev: 0 })
  for (let time = 0; time < 2; time += 1) adas.send(drop(0, 3))
  for (const what of ['a disc is dropped', 'once']) t.match(await adas.next('done'), { rev: 1 }, what)
  t.match(await bobs.next('board'), { rev: 1, moves: '3', players: ['ada'] })
  adas.send(drop(1, 3))
  t.match(await adas.next('error'), { code: 'forbidden', error: 'it is not your turn' })
  bobs.send(drop(1, 0))
  while ((await eves.next('board')).moves !== '30');
  for (const forged of [drop(2, 4), drop(1, 4), drop(2, 7), { type: 'begin', game: 1 }]) eves.send(forged)
  for (const code of ['forbidden', 'conflict', 'invalid', 'forbidden'])
    t.match(await eves.next('error'), { code })
  t.match(await eve.post(page, { game: '1', move: '2', column: '4' }), {
    status: 403,
    text: /Two others play/,
  })

  bobs.close()
  t.match(await ada.post(page, { game: '1', move: '2', column: '3' }), { status: 303 })
  t.match(await ada.post(page, { game: '1', move: '9', column: '3' }), { status: 400 })
  t.match((await bob.get(page)).text, /Next is bob, with yellow[\s\S]*Column 4: red, red\. Column 5: empty/)
  const back = bob.socket(`${path}?since=2`)
  t.match(await back.next('board'), { rev: 3, moves: '303' })
  for (const [index, column] of [0, 3, 0, 3].entries()) {
    const mover = index % 2 === 0 ? back : adas
    mover.send(drop(index + 3, column))
    while ((await mover.next('done')).id !== `${index + 3}`);
  }
  t.match((await eve.get(page)).text, 'ada has won.')
  eves.send({ type: 'begin', game: 1 })
  while ((await back.next('board')).game !== 2);
  for (const moves of ['0011223', '01122323343', '65544343323']) t.ok(isWon(moves), moves)
})
