import type { Test } from 'tap'
import { lines, openSheet } from './calculator.ts'
import { newRoom } from './chat.ts'
import { startServer } from './server.ts'
import type { Frame, TestSocket } from './socket.ts'

/** Starts a server for tests of rooms' sheets, with a clock that tests can set. */
export async function startSheets(t: Test) {
  const clock = { now: Date.UTC(2026, 10, 28, 14, 5) }
  const server = await startServer(
    t,
    { RATE_LIMIT: '0', SIGN_UPS_PER_ADDRESS: '0', ROOMS_PER_USER: '0', TIME_ZONE: 'Europe/Berlin' },
    { now: () => clock.now },
  )
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  let rooms = 0

  /** A room's sheet with some lines, and the sockets of two people who look at it. */
  async function sheetWith(...expressions: string[]) {
    const room = await newRoom(ada, `sheet ${++rooms}`)
    const [first, second] = [await openSheet(ada, room), await openSheet(bob, room)]
    const changes = expressions.map((expression, index) => ({
      type: 'insert',
      expression,
      before: null,
      id: `line-${index + 1}`,
    }))
    if (changes.length > 0) {
      first.send({ type: 'edit', changes, id: 'beginning' })
      await lines(second, changes.length)
      while ((await first.next()).type !== 'done');
    }
    return { room, first, second }
  }

  /** The lines of a sheet as they are stored, in order. */
  async function stored(room: string): Promise<Frame[]> {
    const answer = await ada.get(`/api/sheets/${room}`)
    return JSON.parse(answer.text).lines
  }

  async function values(room: string): Promise<unknown[]> {
    return (await stored(room)).map(({ text, error }) => text ?? (error as Frame)?.message)
  }

  return { server, clock, ada, bob, sheetWith, stored, values }
}

let asked = 0

/** Sends a frame. @returns its `done`, or the error */
export async function told(socket: TestSocket, frame: Frame): Promise<Frame> {
  const id = String(frame.id ?? `asked-${++asked}`)
  socket.send({ ...frame, id })
  for (;;) {
    const answer = await socket.next()
    if (answer.id === id && (answer.type === 'done' || answer.type === 'error')) return answer
  }
}
