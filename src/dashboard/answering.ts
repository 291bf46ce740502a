import { type ConnectionInfo, networkOf, type RefusedHandshake, type Sockets } from '../channels/index.ts'
import { DOCTOR } from './checklist/index.ts'
import {
  type Answer,
  type ConnectionRow,
  type Place,
  type Question,
  type RefusedRow,
  ROWS,
} from './connection-protocol.ts'

/**
 * Closed connections reconnect by themselves after about this many milliseconds, because the close code is that of a restart. To
 * keep a person away, deactivate them or remove them from a room.
 */
const COMES_BACK_AFTER = '1000'
const CLOSED_BY_ADMINISTRATOR = 1012

/** Rows of one process about what ended or was refused lately. */
const LATELY = 20

/** Answers a question about the connections of this process. @param process its name among all */
export function answer(sockets: Sockets, process: string, question: Question): Answer {
  const nothing = { connections: [], closed: [], refused: [] }
  const idOf = (number: number) => `${process}.${number}`
  const row = (info: ConnectionInfo) => connectionRow(idOf(info.number), info)
  switch (question.kind) {
    case 'list': {
      const q = question.q.toLowerCase()
      const connections = sockets.newest(
        ROWS,
        ({ number, consumer, openedAt, address, user }) =>
          (user?.startsWith(q) || address.startsWith(q) || consumer === q || q === '') &&
          (question.after === undefined || comesAfter({ openedAt, id: idOf(number) }, question.after)),
      )
      return { ...nothing, connections: connections.map(row) }
    }
    case 'one':
    case 'close': {
      const number = numberIn(question.id, process)
      if (number === undefined) return nothing
      const found = sockets.numbered(number)
      if (found && question.kind === 'close') sockets.close(number, CLOSED_BY_ADMINISTRATOR, COMES_BACK_AFTER)
      if (found) return { ...nothing, connections: [row(found)] }
      const closed = sockets.closed().filter((connection) => connection.number === number)
      return {
        ...nothing,
        closed: closed.map((one) => ({ ...row(one), code: one.code, closedAt: one.closedAt })),
      }
    }
    case 'lately': {
      const { network, user } = question
      const isTheirs = (address: string, name?: string) =>
        (network === undefined && user === undefined) ||
        networkOf(address) === network ||
        (user !== undefined && name === user)
      return {
        connections: [],
        closed: sockets
          .closed()
          .filter((one) => one.userAgent !== DOCTOR && isTheirs(one.address, one.user))
          .slice(0, LATELY)
          .map((one) => ({ ...row(one), code: one.code, closedAt: one.closedAt })),
        refused: sockets
          .refused()
          .filter(({ address, userAgent }) => userAgent !== DOCTOR && isTheirs(address))
          .slice(0, LATELY)
          .map(refusedRow),
      }
    }
  }
}

/** The newest first; those of one second by their processes, and of one process as they were opened. */
export function byOpening(one: Place, other: Place): number {
  if (one.openedAt !== other.openedAt) return other.openedAt - one.openedAt
  const [[process, number], [otherProcess, otherNumber]] = [partsOf(one.id), partsOf(other.id)]
  return process === otherProcess ? otherNumber - number : process < otherProcess ? -1 : 1
}

function comesAfter(one: Place, place: Place): boolean {
  return byOpening(one, place) > 0
}

function numberIn(id: string, process: string): number | undefined {
  const [its, number] = partsOf(id)
  return its === process ? number : undefined
}

function partsOf(id: string): [process: string, number: number] {
  const [process = '', number = ''] = id.split('.')
  return [process, Number(number)]
}

function connectionRow(id: string, info: ConnectionInfo): ConnectionRow {
  const { consumer, params, address, userAgent, user, isLimited, openedAt, unsent, framesIn, framesOut } =
    info
  const { lastError } = info
  return {
    id,
    consumer,
    ...(params.room !== undefined && { room: params.room.slice(0, 64) }),
    address: address.slice(0, 64),
    userAgent,
    ...(user !== undefined && { user }),
    isLimited,
    openedAt,
    unsent,
    framesIn,
    framesOut,
    ...(lastError && { lastError }),
  }
}

function refusedRow({ at, address, userAgent, path, reason, error, details }: RefusedHandshake): RefusedRow {
  const said = Object.entries(details).map(([name, value]) => `${name}: ${[value].flat().join(', ')}`)
  return {
    at,
    address: address.slice(0, 64),
    userAgent,
    path,
    reason,
    error: error.slice(0, 200),
    details: said.join('; ').slice(0, 1000),
  }
}
