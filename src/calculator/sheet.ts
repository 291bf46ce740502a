import type { Database } from '../storage/database.ts'
import { type Bindings, bindingsFor } from './engine/bindings.ts'

interface Meaning {
  /** The line that said so. */
  readonly seq: number
  readonly stored: string
}

/** What the names of a sheet, and `ans`, stand for at a `rev`, as this process last saw it. */
export class SheetState {
  readonly sheet: number
  readonly #names = new Map<string, Meaning>()
  #ans: Meaning | undefined
  #rev = 0

  constructor(sheet: number) {
    this.sheet = sheet
  }

  get rev(): number {
    return this.#rev
  }

  /** How many names have a meaning. */
  get size(): number {
    return this.#names.size
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  /** Whether one of these names, or `ans`, changed after a `rev`. */
  changedSince(rev: number, names: readonly string[]): boolean {
    return names.some((name) => (this.#meaning(name)?.seq ?? 0) > rev)
  }

  /** What an expression may read: the names in it, and those that they need in turn. */
  bindingsFor(expression: string): Bindings {
    return bindingsFor(expression, (name) => this.#meaning(name)?.stored)
  }

  /** Takes in a line that was stored. @param value null after a definition, which has none: `ans` stays */
  advance(rev: number, value: string | null, binding: { name: string; stored: string } | undefined): void {
    this.#rev = rev
    if (value !== null) this.#ans = { seq: rev, stored: value }
    if (binding) this.#names.set(binding.name, { seq: rev, stored: binding.stored })
  }

  /**
   * Brings the state up to what is stored. Within a transaction, that is what holds until it ends.
   * @param rev the sheet's, as it was read before
   */
  async catchUp(database: Pick<Database, 'selectFrom'>, rev: number): Promise<void> {
    if (rev <= this.#rev) return
    const changed = await database
      .selectFrom('bindings')
      .select(['name', 'seq', 'stored'])
      .where('sheet_id', '=', this.sheet)
      .where('seq', '>', this.#rev)
      .execute()
    const latest = await database
      .selectFrom('calculations')
      .select(['seq', 'value'])
      .where('sheet_id', '=', this.sheet)
      .where('value', 'is not', null)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst()
    // What was read may be older than what a line of this process said meanwhile.
    for (const { name, seq, stored } of changed)
      if (seq > (this.#names.get(name)?.seq ?? 0)) this.#names.set(name, { seq, stored })
    if (latest?.value && latest.seq > (this.#ans?.seq ?? 0))
      this.#ans = { seq: latest.seq, stored: latest.value }
    this.#rev = Math.max(this.#rev, rev)
  }

  #meaning(name: string): Meaning | undefined {
    return name === 'ans' ? this.#ans : this.#names.get(name)
  }
}
