import type { Dice } from './dice.ts'

/** A line of a sheet: `NAME = NUMBER + USES`. */
export interface SheetLine {
  readonly seq: number
  readonly id: string
  readonly name: string
  readonly number: number
  /** The name that it adds, or empty. */
  readonly uses: string
  readonly position: number
  readonly removed: boolean
}

/** A line and its value, as it changed. */
export interface ChangedLine {
  readonly line: SheetLine
  readonly value: number
}

interface Edit {
  readonly until: number
  readonly isUndo: boolean
  readonly before: ReadonlyMap<number, SheetLine | undefined>
  readonly after: ReadonlyMap<number, SheetLine>
}

/** More lines would take longer without testing more. */
const MOST = 30

const NAMES = ['a', 'b', 'c', 'd']

/**
 * A sheet that edits change at random, as people do: lines are inserted, set, moved and removed, several at once too; a name is
 * changed everywhere; edits are undone and redone. Each changes the lines that depend on it as well.
 */
export class RandomSheet {
  readonly #dice: Dice
  #lines = new Map<number, SheetLine>()
  #values = new Map<number, number>()
  #edits: Edit[] = []

  constructor(dice: Dice) {
    this.#dice = dice
  }

  /** Starts again with these lines, as the store has them. Edits after `rev` are forgotten. */
  load(lines: readonly SheetLine[], rev: number): void {
    this.#lines = new Map(lines.map((line) => [line.seq, line]))
    const values = valuesOf(this.#lines)
    this.#values = new Map([...this.#lines.keys()].map((seq) => [seq, values.get(seq) ?? 0]))
    this.#edits = this.#edits.filter(({ until }) => until <= rev)
  }

  /**
   * @param rev the number of the first change
   * @param history what is part of the ids of new lines
   * @param isFixed says which lines have to stay as they are
   * @returns all lines that one edit changes; none where it would change a fixed one, and nothing is done then
   */
  edit(rev: number, history: number, isFixed: (seq: number) => boolean): ChangedLine[] {
    const { written, isUndo } = this.#command(rev, history)
    const lines = new Map(this.#lines)
    for (const line of written) lines.set(line.seq, line)
    const values = valuesOf(lines)
    const changed = [...lines.values()].flatMap((line) => {
      const value = values.get(line.seq) ?? 0
      const isSame = this.#lines.get(line.seq) === line && this.#values.get(line.seq) === value
      return isSame ? [] : [{ line, value }]
    })
    if (changed.length === 0 || changed.some(({ line }) => isFixed(line.seq))) return []
    this.#edits.push({
      until: rev + changed.length - 1,
      isUndo,
      before: new Map(written.map(({ seq }) => [seq, this.#lines.get(seq)])),
      after: new Map(written.map((line) => [line.seq, line])),
    })
    this.#lines = lines
    this.#values = new Map([...lines.keys()].map((seq) => [seq, values.get(seq) ?? 0]))
    // New lines are numbered by their change.
    return changed.sort((one, other) => this.#age(one, rev) - this.#age(other, rev))
  }

  #age({ line }: ChangedLine, rev: number): number {
    return line.seq >= rev ? line.seq : Number.MAX_SAFE_INTEGER
  }

  #command(rev: number, history: number): { written: SheetLine[]; isUndo: boolean } {
    const roll = this.#dice.roll()
    if (roll < 0.25 && this.#lines.size < MOST)
      return { written: [this.#insert(rev, history)], isUndo: false }
    if (roll < 0.8) return { written: this.#one(), isUndo: false }
    if (roll < 0.86 && this.#lines.size < MOST) {
      const several = [this.#insert(rev, history), ...this.#one(), ...this.#one()]
      return { written: [...new Map(several.map((line) => [line.seq, line])).values()], isUndo: false }
    }
    if (roll < 0.9) return { written: this.#rename(), isUndo: false }
    return { written: this.#takeBack(roll < 0.95), isUndo: roll < 0.95 }
  }

  #insert(rev: number, history: number): SheetLine {
    const id = `${history}-${rev}`
    const position = this.#dice.roll()
    return { seq: rev, id, position, removed: false, ...this.#expression() }
  }

  #expression(): Pick<SheetLine, 'name' | 'number' | 'uses'> {
    const name = this.#dice.pick(NAMES) ?? ''
    return {
      name,
      number: this.#dice.between(1, 9),
      uses: this.#dice.chance(0.6) ? (this.#dice.pick(NAMES) ?? '') : '',
    }
  }

  #one(): SheetLine[] {
    const line = this.#dice.pick([...this.#lines.values()].filter(({ removed }) => !removed))
    if (!line) return []
    const roll = this.#dice.roll()
    if (roll < 0.5) return [{ ...line, ...this.#expression() }]
    return [roll < 0.75 ? { ...line, position: this.#dice.roll() } : { ...line, removed: true }]
  }

  #rename(): SheetLine[] {
    const [from, to] = [this.#dice.pick(NAMES) ?? '', this.#dice.pick(NAMES) ?? '']
    const renamed = (name: string) => (name === from ? to : name)
    return [...this.#lines.values()]
      .filter(({ name, uses, removed }) => !removed && (name === from || uses === from))
      .map((line) => ({ ...line, name: renamed(line.name), uses: renamed(line.uses) }))
  }

  /** Undoes an edit, or redoes an undone one, if its lines are still as it left them. */
  #takeBack(undo: boolean): SheetLine[] {
    const edit = this.#dice.pick(this.#edits.filter(({ isUndo }) => isUndo !== undo))
    if (!edit || [...edit.after].some(([seq, line]) => this.#lines.get(seq) !== line)) return []
    return [...edit.before].flatMap(([seq, before]) => {
      const inserted = edit.after.get(seq)
      return before ? [before] : inserted ? [{ ...inserted, removed: true }] : []
    })
  }
}

/** Each line's number, and that of the nearest definition above, or the first below, of the name that it uses; a circle counts as 0. */
function valuesOf(lines: ReadonlyMap<number, SheetLine>): Map<number, number> {
  const standing = [...lines.values()]
    .filter(({ removed }) => !removed)
    .sort((one, other) => one.position - other.position)
  const values = new Map<number, number>()
  const value = (line: SheetLine, asking: readonly SheetLine[]): number => {
    if (asking.includes(line)) return 0
    const used = line.uses ? standing.filter(({ name, seq }) => name === line.uses && seq !== line.seq) : []
    const definition = used.findLast(({ position }) => position < line.position) ?? used[0]
    return line.number + (definition ? value(definition, [...asking, line]) : 0)
  }
  for (const line of standing) values.set(line.seq, value(line, []))
  return values
}
