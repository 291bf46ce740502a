import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Milliseconds that anything waits for the database in all, from the moment it was asked for: in queues, for locks, for
 * the disk.
 */
export const WAIT_WITHIN = 10_000

/** The most queries of a process that may wait for the database at a time. */
export const WAITING_QUERIES = 10_000

const deadlines = new AsyncLocalStorage<number | undefined>()

/** The time by which a request that arrives now must have been answered, on the clock of `performance.now()`. */
export function deadline(): number {
  return deadlines.getStore() ?? performance.now() + WAIT_WITHIN
}

/**
 * Runs `work` with a deadline: the database has to answer it by `time`. `work` must not start anything that lives longer than it
 * does, which would go on with a deadline that has passed. (`withoutDeadline` is for this.)
 */
export function withDeadline<Result>(time: number, work: () => Promise<Result>): Promise<Result> {
  return deadlines.run(time, work)
}

/** Runs work that begins during a request and outlasts it, without the request's deadline. */
export function withoutDeadline<Result>(work: () => Result): Result {
  return deadlines.run(undefined, work)
}

/**
 * Waits for a promise until `time`.
 * @throws what `late` returns when it has not settled by then; the promise itself goes on, and its failure is ignored
 */
export async function before<Result>(
  time: number,
  promise: Promise<Result>,
  late: () => unknown,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), Math.max(0, time - performance.now()))
  })
  try {
    return await Promise.race([promise, expiry])
  } finally {
    clearTimeout(timer)
  }
}
