import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import type { FastifyInstance } from 'fastify'
import type { Frame, TestSocket } from './socket.ts'
import type { Visitor } from './visitor.ts'

/** An expression within every limit that takes a tenth of a second all the same. */
export const SLOW = 'sum(atan((1:1000) / 7))'

/** The nice value of an evaluator for slow expressions. */
const SLOW_NICE = 10

/** Expressions of one person that may wait at the same time. */
const AT_ONCE = 400

/** Opens a sheet's socket and waits until it is welcome there. @param room undefined: one's own sheet */
export async function openSheet(person: Visitor, room?: string, query = ''): Promise<TestSocket> {
  const socket = person.socket(`/ws/calculator${room === undefined ? '' : `/${room}`}${query}`)
  await socket.next('welcome')
  return socket
}

/** The next `count` lines. */
export async function lines(socket: TestSocket, count: number): Promise<Frame[]> {
  const found: Frame[] = []
  while (found.length < count) found.push(await socket.next('result'))
  return found
}

/** Sends an expression. @returns its line, or why there is none */
export async function calculate(socket: TestSocket, expression: string, id: string): Promise<Frame> {
  socket.send({ expression, id })
  for (;;) {
    const frame = await socket.next()
    if (frame.id === id && (frame.type === 'result' || frame.type === 'error')) return frame
  }
}

/** All frames up to and including the one with this id, except presence. */
export async function heardUntil(socket: TestSocket, id: string): Promise<Frame[]> {
  const frames: Frame[] = []
  while (frames.at(-1)?.id !== id) {
    const frame = await socket.next()
    if (frame.type !== 'presence') frames.push(frame)
  }
  return frames
}

let calculated = 0

/** Sends expressions one after another. @returns what each came to */
export async function calculateAll(socket: TestSocket, expressions: readonly string[]): Promise<unknown[]> {
  const found: unknown[] = []
  for (const expression of expressions) {
    calculated += 1
    const { text, error } = await calculate(socket, expression, `calculated-${calculated}`)
    found.push(text ?? error)
  }
  return found
}

/** Writes many lines of one person at once, in any order, faster than through a socket. */
export async function fillSheet(
  app: FastifyInstance,
  room: string,
  sender: string,
  expressions: readonly string[],
): Promise<void> {
  const { id } = await app.database
    .selectFrom('sheets')
    .innerJoin('rooms', 'rooms.id', 'sheets.room_id')
    .select('sheets.id')
    .where('slug', '=', room)
    .executeTakeFirstOrThrow()
  const user = await app.database
    .selectFrom('users')
    .select(['id', 'name'])
    .where('name', '=', sender)
    .executeTakeFirstOrThrow()
  for (let from = 0; from < expressions.length; from += AT_ONCE) {
    const added = expressions
      .slice(from, from + AT_ONCE)
      .map((expression) => app.calculator.editor.edit(id, user, { type: 'append', expression }))
    await Promise.all(added)
  }
}

/** The number of a room's latest line; 0 for a sheet that nobody has opened. */
export async function sheetRev(app: FastifyInstance, room: string): Promise<number> {
  const row = await app.database
    .selectFrom('sheets')
    .innerJoin('rooms', 'rooms.id', 'sheets.room_id')
    .select('sheets.rev')
    .where('slug', '=', room)
    .executeTakeFirst()
  return row?.rev ?? 0
}

/** The ids of this process's evaluators (Linux). */
export function evaluatorPids(): number[] {
  return readdirSync('/proc/self/task')
    .flatMap((task) => childrenOf(`/proc/self/task/${task}`))
    .filter((pid) => commandOf(pid).includes('evaluator.cjs'))
}

/**
 * Pauses the evaluators for slow expressions, which are the processes with the lowest priority. After eight seconds the server
 * treats one that does not answer as hung.
 * @returns has them go on
 */
export function stopSlowEvaluators(): () => void {
  // An evaluator may be within other processes that confine it.
  const all = evaluatorPids()
    .flatMap(family)
    .map((pid) => ({ pid, nice: getPriority(pid) }))
  const lowest = Math.max(...all.map(({ nice }) => nice))
  const slow = all.filter(({ nice }) => nice === lowest)
  if (lowest < SLOW_NICE) throw new Error('there is no evaluator of those who are slow')
  for (const { pid } of slow) process.kill(pid, 'SIGSTOP')
  return () => {
    for (const { pid } of slow) process.kill(pid, 'SIGCONT')
  }
}

function family(pid: number): number[] {
  return [pid, ...childrenOf(`/proc/${pid}/task/${pid}`).flatMap(family)]
}

function childrenOf(task: string): number[] {
  return readFileSync(`${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
