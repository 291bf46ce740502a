import type { Database } from '../storage/database.ts'
import { namesIn } from './names.ts'

interface Binding {
  readonly seq: number
  readonly stored: string
}

/** What the names of a sheet stand for at a `rev`, as this process last saw it. */
export class SheetState {
  readonly sheet: number
  readonly #bindings = new Map<string, Binding>()
  #rev = 0
  #ans: string | undefined

  constructor(sheet: number) {
    this.sheet = sheet
  }

  get rev(): number {
    return this.#rev
  }

  get size(): number {
    return this.#bindings.size
  }

  has(name: string): boolean {
    return this.#bindings.has(name)
  }

  /** Whether one of these names, or `ans`, changed after a `rev`. */
  changedSince(rev: number, names: readonly string[]): boolean {
    return names.some((name) =>
      name === 'ans' ? this.#rev > rev : (this.#bindings.get(name)?.seq ?? 0) > rev,
    )
  }

  /** What an expression may read: the names in it, those that they need in turn, and `ans`. */
  bindingsFor(expression: string): Record<string, string> {
    const needed: Record<string, string> = {}
    const names = namesIn(expression)
    for (const name of names) {
      const stored = name === 'ans' ? this.#ans : this.#bindings.get(name)?.stored
      if (stored === undefined || Object.hasOwn(needed, name)) continue
      Object.defineProperty(needed, name, { value: stored, enumerable: true })
      for (const further of namesIn(stored)) names.add(further)
    }
    return needed
  }

  advance(rev: number, ans: string, binding: { name: string; stored: string } | undefined): void {
    this.#rev = rev
    this.#ans = ans
    if (binding) this.#bindings.set(binding.name, { seq: rev, stored: binding.stored })
  }

  /** Brings the state up to what is stored. Within a transaction, that is what holds until it ends. */
  async refresh(database: Pick<Database, 'selectFrom'>): Promise<void> {
    const latest = await database
      .selectFrom('calculations')
      .select(['seq', 'value'])
      .where('sheet_id', '=', this.sheet)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (!latest || latest.seq <= this.#rev) return
    const changed = await database
      .selectFrom('bindings')
      .select(['name', 'seq', 'stored'])
      .where('sheet_id', '=', this.sheet)
      .where('seq', '>', this.#rev)
      .execute()
    for (const { name, seq, stored } of changed) this.#bindings.set(name, { seq, stored })
    this.#rev = latest.seq
    this.#ans = latest.value
  }
}
