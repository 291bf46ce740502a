import { setTimeout as delay } from 'node:timers/promises'
import type { Transaction } from 'kysely'
import { type Database, inTransaction, type Tables } from '../storage/index.ts'
import type { EndedJournal } from './ended-journal.ts'
import { endSessions } from './session-rows.ts'

/** Milliseconds that the database may take to store the end of a session before it is noted in the journal. */
const STORED_WITHIN = 1_000

/**
 * Work in the transaction in which sessions and API keys end. It may run more than once.
 * @returns what is done once that is stored
 */
export type EndHook = (
  transaction: Transaction<Tables>,
  sessions: readonly string[],
) => Promise<() => Promise<void>>

/** Work in the transaction in which some sessions end, such as an entry of the audit log. It may run more than once. */
export type EndWork = (transaction: Transaction<Tables>) => Promise<void>

export interface EndedSessionsOptions {
  /** Called at once with sessions that have just ended here. */
  readonly onEnd?: (sessions: readonly string[]) => void
  /**
   * Called when their end is stored, or noted in the journal because the database takes nothing: others then cannot find it in
   * the database.
   */
  readonly onSettled?: (sessions: readonly string[], stored: boolean) => void
  /** Called with the reason when the journal could not note ends either. They are refused until this process stops. */
  readonly onLost?: (error: unknown) => void
  /** Notes ends that the database does not take. Without it such an end is an error. */
  readonly journal?: EndedJournal
}

/**
 * Ends sessions, whether or not the database can be written: they are refused here from then on, recorded in a file, and stored
 * as soon as possible.
 */
export class EndedSessions {
  readonly #database: Database
  readonly #options: EndedSessionsOptions
  /**
   * Sessions whose end may not be stored yet. There are few, since none can begin while the database cannot be written
   * to.
   */
  readonly #refused = new Set<string>()
  /** The sessions among them that are in the journal. */
  readonly #noted = new Set<string>()
  readonly #hooks: EndHook[] = []
  /** Work of ends that the database did not take yet. It is lost if this process stops before it does. */
  readonly #postponed = new Set<EndWork>()

  constructor(database: Database, options: EndedSessionsOptions) {
    this.#database = database
    this.#options = options
  }

  /** Adds work to each transaction in which sessions end. */
  within(hook: EndHook): void {
    this.#hooks.push(hook)
  }

  /** Tells whether a session is refused whatever the database says of it. */
  has(session: string): boolean {
    return this.#refused.has(session)
  }

  /** Refuses sessions from now on. */
  refuse(sessions: readonly string[]): void {
    for (const session of sessions) this.#refused.add(session)
  }

  /**
   * Refuses the sessions whose end was noted by processes that have stopped since. @throws when there is no room to note
   * any
   */
  async readJournal(): Promise<void> {
    const noted = (await this.#options.journal?.read()) ?? []
    for (const session of noted) this.#noted.add(session)
    this.refuse(noted)
  }

  /** Stores the ends that the database did not take before. @throws while it takes nothing */
  async storeAll(): Promise<void> {
    if (this.#refused.size === 0 && this.#postponed.size === 0) return
    const postponed = [...this.#postponed]
    await this.#store([...this.#refused], async (transaction) => {
      for (const work of postponed) await work(transaction)
    })
    for (const work of postponed) this.#postponed.delete(work)
  }

  /**
   * Ends sessions. When this resolves their end is stored or noted. @throws when it could not be stored and there is no
   * journal
   * @param work which is stored together with it
   */
  async end(sessions: readonly string[], work?: EndWork): Promise<void> {
    if (sessions.length === 0) return
    const { journal, onEnd, onSettled } = this.#options
    this.refuse(sessions)
    onEnd?.(sessions)
    const stored = this.#store(sessions, work).then(() => true)
    if (!journal) {
      await stored
      return
    }
    const inTime = await Promise.race([stored, delay(STORED_WITHIN, false, { ref: false })]).catch(
      () => false,
    )
    // An end that was late or failed is stored by `storeAll`.
    stored.catch(() => work && this.#postponed.add(work))
    if (!inTime) await this.#note(journal, sessions)
    onSettled?.(sessions, inTime)
  }

  async #store(sessions: readonly string[], work?: EndWork): Promise<void> {
    // Several at once may meet others in another order: one is then undone, and has to be tried again.
    const stored = await inTransaction(this.#database, async (transaction) => {
      if (sessions.length > 0) await endSessions(transaction, sessions).execute()
      await work?.(transaction)
      const after: (() => Promise<void>)[] = []
      for (const hook of this.#hooks) after.push(await hook(transaction, sessions))
      return after
    })
    for (const after of stored) await after()
    for (const session of sessions) this.#refused.delete(session)
    await this.#strike(sessions)
  }

  async #note(journal: EndedJournal, sessions: readonly string[]): Promise<void> {
    try {
      await journal.add(sessions)
      for (const session of sessions) this.#noted.add(session)
    } catch (error) {
      this.#options.onLost?.(error)
    }
    await this.#strike(sessions.filter((session) => !this.#refused.has(session)))
  }

  async #strike(sessions: readonly string[]): Promise<void> {
    const noted = sessions.filter((session) => this.#noted.delete(session))
    if (noted.length > 0) await this.#options.journal?.remove(noted)
  }
}
