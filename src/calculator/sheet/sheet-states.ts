import { LRUCache } from 'lru-cache'
import type { Database } from '../../storage/index.ts'
import { SheetState } from './sheet.ts'
import { sheetTable } from './sheets.ts'

/** Bytes of names that are kept in memory, of all sheets and of one; what is over is read again when it is needed. */
export const STATES_BYTES = 32 * 1024 * 1024
export const STATE_BYTES = 4 * 1024 * 1024

/** The sheets that were used last, as far as this process has read them. */
export class SheetStates {
  readonly #database: Database
  readonly #states = new LRUCache<number, SheetState>({
    maxSize: STATES_BYTES,
    maxEntrySize: STATE_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  })

  constructor(database: Database) {
    this.#database = database
  }

  /** The state of a sheet as it stands, at least at `rev`. Give it back with `keep` when it has grown. */
  async of(sheet: number, rev = 0): Promise<SheetState> {
    const state = this.#states.get(sheet) ?? (await this.#begin(sheet))
    state.expect(rev)
    await state.catchUp(this.#database)
    return state
  }

  /** About how many bytes of memory they take. */
  get bytes(): number {
    return this.#states.calculatedSize
  }

  /** The state of a sheet, if there is one. */
  peek(sheet: number): SheetState | undefined {
    return this.#states.peek(sheet)
  }

  /** Counts the bytes of a state anew; one that has grown too large is forgotten. */
  keep(state: SheetState): void {
    // One that was forgotten meanwhile may have missed lines.
    if (this.#states.peek(state.sheet) !== state) return
    this.#states.delete(state.sheet)
    this.#states.set(state.sheet, state)
  }

  async #begin(sheet: number): Promise<SheetState> {
    const rev = (await sheetTable.revs(this.#database, [sheet])).get(sheet) ?? 0
    const meanwhile = this.#states.get(sheet)
    if (meanwhile) return meanwhile
    const state = new SheetState(sheet, rev)
    this.#states.set(sheet, state)
    return state
  }
}
