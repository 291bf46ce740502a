import type { Database } from '../../storage/index.ts'
import { type Placeholder, preparedForRows } from '../../storage/index.ts'
import { type Bindings, type Meaning, meaningOf, Reach } from '../language/index.ts'
import { changedNames, latestValue } from './sheets.ts'

/** What is known of a name, or of `ans`. */
interface Known {
  /** The line that said so last, as far as is known; 0: none. */
  readonly seq: number
  /** What it stands for; undefined when that was not read since, null when it stands for nothing. */
  readonly meaning: Meaning | null | undefined
}

/** Times that names are read that keep changing meanwhile. */
const TRIES = 10

/** Bytes that a name and its meaning take beside their characters. */
const ENTRY = 200

/**
 * What this process has read of the names of a sheet, and of `ans`. Everything in it held at `rev`, or was said after it:
 * a line that was evaluated on it may be stored if nothing that it read was changed after `rev`.
 */
export class SheetState {
  readonly sheet: number
  readonly #known = new Map<string, Known>()
  #rev: number
  #expected: number
  #bytes = ENTRY

  /** @param rev the sheet's, as it was read before anything else is */
  constructor(sheet: number, rev: number) {
    this.sheet = sheet
    this.#rev = rev
    this.#expected = rev
  }

  get rev(): number {
    return this.#rev
  }

  /** About how many bytes of memory it takes. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * What an expression may read: the names in it, and those that they need in turn. Reads from the database what is not
   * known yet, and nothing else.
   * @throws CalculationError `limit` when that is too much
   */
  async bindingsFor(database: Database, expression: string): Promise<Bindings> {
    const reach = new Reach(expression)
    while (reach.wanted.length > 0) reach.take(await this.#meanings(database, reach.wanted))
    return reach.bindings
  }

  /** The sheet is at `rev`, by what somebody said. */
  expect(rev: number): void {
    this.#expected = Math.max(this.#expected, rev)
  }

  /** Takes in a line that was stored. @param value null after a definition, which has none: `ans` stays */
  advance(rev: number, value: string | null, binding: { name: string; stored: string } | undefined): void {
    // What other processes stored between is not known here.
    if (rev === this.#rev + 1) this.#rev = rev
    this.expect(rev)
    if (value !== null) this.#set('ans', rev, meaningOfValue(value))
    if (binding) this.#set(binding.name, rev, meaningOf(binding.stored))
  }

  /** Brings the state up to what is stored, at least as far as it was told to expect. */
  async catchUp(database: Database): Promise<void> {
    if (this.#expected <= this.#rev) return
    const rev = this.#expected
    // That of `rev` and more is committed, so whatever is read now is not older.
    const latest = await latestValue(database, this.sheet)
    const changed = await changedNames(database, this.sheet, this.#rev)
    if (latest) this.#set('ans', latest.seq, meaningOfValue(latest.value))
    for (const { name, seq } of changed) this.#set(name, seq, undefined)
    this.#rev = Math.max(this.#rev, rev)
  }

  async #meanings(database: Database, names: readonly string[]): Promise<Map<string, Meaning>> {
    for (let tries = 1; ; tries += 1) {
      const unread = names.filter((name) => this.#known.get(name)?.meaning === undefined)
      if (unread.length === 0) break
      if (tries > TRIES) throw new Error('the names of a sheet could not be read, as if it were gone')
      await this.#read(database, unread)
    }
    return new Map(
      names.flatMap((name) => {
        const meaning = this.#known.get(name)?.meaning
        return meaning ? [[name, meaning]] : []
      }),
    )
  }

  async #read(database: Database, names: readonly string[]): Promise<void> {
    const rows = await selectNames.execute(
      database,
      names.map((name) => ({ sheet: this.sheet, name })),
    )
    const found = new Map(rows.map(({ name, seq, stored }) => [name, { seq, meaning: meaningOf(stored) }]))
    const latest = names.includes('ans') ? await latestValue(database, this.sheet) : undefined
    if (latest) found.set('ans', { seq: latest.seq, meaning: meaningOfValue(latest.value) })
    for (const name of names) {
      const { seq, meaning } = found.get(name) ?? { seq: 0, meaning: null }
      this.#set(name, seq, meaning)
    }
  }

  /** What was read may be older than what a line said meanwhile, and is then read again. */
  #set(name: string, seq: number, meaning: Known['meaning']): void {
    const before = this.#known.get(name)
    if (before && (seq < before.seq || (seq === before.seq && before.meaning !== undefined))) return
    this.#bytes += sizeOf(name, meaning) - (before ? sizeOf(name, before.meaning) : 0)
    this.#known.set(name, { seq, meaning })
  }
}

function meaningOfValue(stored: string): Meaning {
  return { stored, mentions: [] }
}

/** Two bytes a character: what is not Latin takes so many. */
function sizeOf(name: string, meaning: Known['meaning']): number {
  const mentioned = meaning?.mentions.reduce((sum, mention) => sum + 2 * mention.length + 40, 0) ?? 0
  return ENTRY + 2 * (name.length + (meaning?.stored.length ?? 0)) + mentioned
}

const selectNames = preparedForRows(
  (database, names: readonly Placeholder<{ sheet: number; name: string }>[]) =>
    database
      .selectFrom('bindings')
      .select(['name', 'seq', 'stored'])
      .where('sheet_id', '=', names[0]?.('sheet') ?? 0)
      .where(
        'name',
        'in',
        names.map((name) => name('name')),
      ),
)
