/** The rules of the game, for the server, which decides, and the page, which shows. Rows are counted from below. */
export const COLUMNS = [0, 1, 2, 3, 4, 5, 6]
export const ROWS = [5, 4, 3, 2, 1, 0]
const COLOURS = ['red', 'yellow']

/** `moves` are the columns in which discs were dropped, and `players` usernames; red's come first. */
export type Game = { readonly moves: string; readonly players: readonly string[] }

/** The discs of each column, from below: 0 is red, 1 is yellow. */
export function cellsOf(moves: string): number[][] {
  const cells = COLUMNS.map((): number[] => [])
  for (const [turn, column] of [...moves].entries()) cells[Number(column)]?.push(turn % 2)
  return cells
}

/** The content of all places, row by row from the top. */
export function fillsOf(moves: string): string[] {
  const fill = (disc = 2) => ['#b3261e', '#f6c445', 'transparent'][disc] ?? ''
  return ROWS.flatMap((row) => cellsOf(moves).map((discs) => fill(discs[row])))
}

/** Tells whether the last disc is one of four in a row. */
export function isWon(moves: string): boolean {
  const [cells, column] = [cellsOf(moves), Number(moves.at(-1))]
  const row = (cells[column]?.length ?? 0) - 1
  const run = (x: number, y: number, count = 1): number =>
    cells[column + x * count]?.[row + y * count] === (moves.length - 1) % 2 ? run(x, y, count + 1) : count - 1
  const lines = [run(1, 0) + run(-1, 0), run(0, -1), run(1, 1) + run(-1, -1), run(1, -1) + run(-1, 1)]
  return moves !== '' && lines.some((others) => others >= 3)
}

export const isOver = (moves: string) => moves.length === COLUMNS.length * ROWS.length || isWon(moves)

/** Says how a game stands. */
export function standingOf({ moves, players }: Game): string {
  if (isWon(moves)) return `${players[(moves.length + 1) % 2]} has won.`
  if (isOver(moves)) return 'The board is full. Nobody has won.'
  const next = players[moves.length % 2] ?? 'anybody who did not move before'
  return `Next is ${next}, with ${COLOURS[moves.length % 2]}.`
}

/** Says what lies on the board, for those who do not see it. */
export function textOf(moves: string): string {
  const columns = cellsOf(moves).map((discs) => discs.map((disc) => COLOURS[disc]).join(', ') || 'empty')
  return columns.map((discs, column) => `Column ${column + 1}: ${discs}.`).join(' ')
}
