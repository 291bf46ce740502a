import type { Transaction } from 'kysely'
import { FrameError } from '../channels/index.ts'
import type { Tables } from '../storage/index.ts'
import { countOfPerson, deleteWaiting, insertJobs, type NewJobRow } from './job-rows.ts'
import { timeIn } from './job-times.ts'
import type { WaitingJobs } from './waiting-jobs.ts'

export interface NewJob<Payload> {
  readonly payload: Payload
  /**
   * At most one job of a kind and key waits, and no two run at once. Adding one that already exists is not an error: if it is
   * running, it runs once more afterwards.
   */
  readonly key?: string
  /** Milliseconds until it is due; 0 when left out. */
  readonly delay?: number
  /** The `id` of the person who causes it, if the number of jobs for each person is limited. */
  readonly person?: number
}

export interface QueueLimits {
  readonly waiting: number
  readonly perPerson: number
}

/** Adds jobs of one kind. */
export class JobQueue<Payload> {
  readonly #kind: string
  readonly #limits: QueueLimits
  readonly #waiting: WaitingJobs

  constructor(kind: string, limits: QueueLimits, waiting: WaitingJobs) {
    this.#kind = kind
    this.#limits = limits
    this.#waiting = waiting
  }

  /**
   * Adds a job in the transaction that causes it: it runs if that is committed, and only then. It is found within a second;
   * call `app.jobs.wake()` after the transaction where that is too long.
   * @throws FrameError with `limit` where too many wait, in all or of this person
   */
  add(transaction: Transaction<Tables>, job: NewJob<Payload>): Promise<void> {
    return this.addAll(transaction, [job])
  }

  /** Adds several jobs, or none. @throws what `add` throws */
  async addAll(transaction: Transaction<Tables>, jobs: readonly NewJob<Payload>[]): Promise<void> {
    if (jobs.length === 0) return
    this.#waiting.admit(this.#kind, jobs.length, this.#limits.waiting)
    for (const { person } of jobs) if (person !== undefined) await this.#admitOf(transaction, person)
    const now = timeIn(0)
    const rows = jobs.map(
      ({ payload, key = null, delay = 0, person = null }): NewJobRow => ({
        kind: this.#kind,
        key,
        person,
        payload: JSON.stringify(payload),
        now,
        runAt: delay === 0 ? now : timeIn(delay),
      }),
    )
    await insertJobs.execute(transaction, inOrder(rows))
  }

  /** Takes back a job that has not begun, in the transaction that makes it needless. One that runs goes on. */
  async cancel(transaction: Transaction<Tables>, key: string): Promise<void> {
    await deleteWaiting.execute(transaction, { kind: this.#kind, key })
  }

  async #admitOf(transaction: Transaction<Tables>, person: number): Promise<void> {
    const row = await countOfPerson.executeTakeFirst(transaction, { person, kind: this.#kind })
    if (Number(row?.count ?? 0) >= this.#limits.perPerson)
      throw new FrameError('limit', 'your previous request is not finished yet; wait until it is')
  }
}

/** Each key once, and in one order everywhere, so that no two transactions wait for each other's jobs. */
function inOrder(rows: readonly NewJobRow[]): NewJobRow[] {
  const byKey = new Map(rows.map((row) => [row.key ?? Symbol(), row]))
  return [...byKey.values()].sort((a, b) => compare(a.key ?? '', b.key ?? ''))
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
