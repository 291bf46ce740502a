import type { Generated, Kysely } from 'kysely'
import { FrameError, type Identity } from '../../src/channels/index.ts'
import type { Tables } from '../../src/storage/index.ts'
import { type Change, type StreamKind, type StreamRow, streamTable } from '../../src/streams/index.ts'
import { cellsOf, type Game, isOver, ROWS } from './rules.ts'

declare module '../../src/storage/tables.ts' {
  interface Tables {
    /** A room has one board, with its own number, so what is stored does not grow. */
    connect_four: StreamRow & Made<{ rev: number; game: number; moves: string; moved_at: string }> & Seats
  }
}
type Made<Row> = { [Column in keyof Row]: Generated<Row[Column]> }
type Seats = { red: number | null; yellow: number | null }

/** The state of the board. Each one replaces the one before. */
export type Board = Change & Game & { readonly seq: 0; readonly game: number; readonly movedAt: string }

/** A disc for a column; where none is named, the wish that a game after this one has begun. */
type Play = { by: Identity['user']; game: number; move?: number; column?: number }
/** Milliseconds after which two who do not go on have left the board to others. */
const LEFT_AFTER = 10 * 60_000

export const connectFourGames: StreamKind<StreamRow, Play, { rev: number }, Board> = {
  name: 'connect-four',
  table: streamTable('connect_four'),
  group: (room) => `connect-four.${room}`,
  apply: (transaction, items) =>
    Array.fromAsync(items, async ({ stream, command }) => {
      const next = nextOf(await readBoard(transaction, stream.id), command)
      if (next instanceof FrameError) return next
      if (!next) return { rev: stream.rev }
      const update = transaction.updateTable('connect_four').where('id', '=', stream.id)
      await update.set({ ...next, moved_at: new Date().toISOString() }).execute()
      const board = await readBoard(transaction, stream.id)
      return stream.change((rev) => ({ ...board, rev }))
    }),
  changes: async (database, room, after) =>
    [await readBoard(database, room)].filter(({ rev }) => rev > after),
  countChanged: async () => 1,
  fingerprint: ({ game, moves }) => `${game} ${moves}`,
  frame: ({ rev, game, moves, players }) => ({ type: 'board', rev, game, moves, players }),
}

/** The changes to a board; none if it is already in that state. */
function nextOf(board: Board, { by, game, move = 0, column }: Play): object | FrameError | undefined {
  const { moves, players } = board
  const isPlayer = players.includes(by.name)
  if (column === undefined) {
    if (game < board.game) return undefined
    const isLeft = Date.now() - Date.parse(board.movedAt) > LEFT_AFTER
    if (isPlayer || isLeft || isOver(moves))
      return { game: board.game + 1, moves: '', red: null, yellow: null }
    return new FrameError('forbidden', 'only those who play can end this game')
  }
  if (game === board.game && moves[move] === `${column}` && players[move % 2] === by.name) return undefined
  if (game !== board.game || move !== moves.length)
    return new FrameError('conflict', 'somebody was faster: the board has changed')
  if (isOver(moves)) return new FrameError('invalid', 'this game is over')
  const isNew = players.length === move && !isPlayer && move < 2
  if (players[move % 2] !== by.name && !isNew)
    return new FrameError('forbidden', isPlayer ? 'it is not your turn' : 'two others play')
  if (cellsOf(moves)[column]?.length === ROWS.length) return new FrameError('invalid', 'this column is full')
  return { moves: `${moves}${column}`, ...(isNew && { [move === 0 ? 'red' : 'yellow']: by.id }) }
}

/** The board of a room; where nobody has played, as it is then. */
export async function readBoard(database: Kysely<Tables>, room: number): Promise<Board> {
  const boards = database.selectFrom('connect_four as board').leftJoin('users as red', 'red.id', 'board.red')
  const named = boards.leftJoin('users as yellow', 'yellow.id', 'board.yellow').where('board.id', '=', room)
  const columns = ['rev', 'game', 'moves', 'moved_at', 'red.name as red', 'yellow.name as yellow'] as const
  const row = await named.select(columns).executeTakeFirst()
  const { rev, game, moves, moved_at: movedAt } = row ?? { rev: 0, game: 1, moves: '', moved_at: '' }
  const players = [row?.red, row?.yellow].filter((name) => name != null)
  return { rev, seq: 0, game, moves, movedAt, players }
}
