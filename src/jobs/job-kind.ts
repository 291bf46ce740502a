import type { Transaction } from 'kysely'
import type { Static, TObject } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Tables } from '../storage/index.ts'
import type { Job } from './job.ts'
import type { JobWaits } from './job-times.ts'

/** Returned by a handler whose job is to run again; one that returns nothing is done. */
export interface Repeat {
  /** Milliseconds until it does. */
  readonly again: number
  /** The payload of the next run; left out, it stays the same. */
  readonly payload?: Readonly<Record<string, unknown>>
}

export interface JobOptions<Payload extends TObject> {
  /** The schema of a job's payload. A payload is stored for as long as its job, so it names things rather than holding them. */
  readonly payload: Payload
  /** What a job of this kind does, as operators read it beside one that failed: `Delivers what was said to a hook`. */
  readonly about: string
  /** Milliseconds after which the signal of a run is aborted. */
  readonly timeout: number
  /** Attempts before a job is given up. One that was cut short by a killed process counts. */
  readonly attempts: number
  readonly waits: JobWaits
  /** Jobs of this kind that one process runs at a time; where they share transactions, that one transaction takes. */
  readonly atOnce: number
  /** Jobs of this kind that may wait; one more is refused with `limit`. */
  readonly waiting: number
  /** Waiting jobs that one person may have caused. */
  readonly perPerson: number
}

export const defaultOptions = {
  about: '',
  timeout: 30_000,
  attempts: 12,
  waits: { firstWait: 1_000, longestWait: 10 * 60_000 },
  atOnce: 4,
  waiting: 10_000,
  perPerson: 20,
}

/** The options that a feature gives for its kind of job; the rest is as in `defaultOptions`. */
export type GivenOptions<Payload extends TObject> = Pick<JobOptions<Payload>, 'payload'> &
  Partial<JobOptions<Payload>>

/** Does one job. It may be called more than once for it, and after a crash from the beginning. */
export type Run<Payload> = (payload: Payload, job: Job) => Promise<Repeat | undefined> | Promise<void>

/**
 * Runs several jobs in one transaction, which also marks them as done. It may run more than once.
 * @returns what becomes of each
 */
export type RunTogether<Payload> = (
  transaction: Transaction<Tables>,
  payloads: readonly Payload[],
) => Promise<readonly (Repeat | undefined)[]>

/** A kind of job, without the type of its payload. */
export interface JobKind {
  readonly name: string
  readonly options: JobOptions<TObject>
  /** Undefined where jobs share transactions. */
  readonly run: ((payload: unknown, job: Job) => Promise<Repeat | undefined> | Promise<void>) | undefined
  readonly runTogether: RunTogether<unknown> | undefined
  /** Milliseconds from one run to the next, where there is always one job of this kind. */
  readonly every: number | undefined
}

/**
 * Thrown if a stored payload does not have the form that its handler expects, because another version of the program wrote it.
 */
export class UnreadablePayload extends Error {
  constructor(kind: string) {
    super(`what this job of the kind ${kind} was given is not what the handler takes now`)
  }
}

/** @returns a function that reads a payload as it is stored, and throws `UnreadablePayload` */
export function payloadReader<Payload extends TObject>(
  kind: string,
  schema: Payload,
): (stored: string) => Static<Payload> {
  const check = Compile(schema)
  return (stored) => {
    const value: unknown = JSON.parse(stored)
    if (!check.Check(value)) throw new UnreadablePayload(kind)
    return value
  }
}
