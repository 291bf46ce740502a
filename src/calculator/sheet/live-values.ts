import { setTimeout as delay } from 'node:timers/promises'
import { FrameError } from '../../channels/index.ts'
import { EditRefused, type Sender } from './commands.ts'
import { inputName, type Line } from './line.ts'

/** A live value that is set, or with `undefined` deleted. */
export interface InputSetting {
  readonly name: string
  /** The definition that stands for it: `temperature = 21.5`. */
  readonly expression: string | undefined
  readonly sender: Sender
}

/** Milliseconds between two changes of live values that reach anyone: a quarter of a second. */
const INTERVAL = 250

/** A change that takes long leaves the sheet to others for so many times as long. */
const REST = 3

/** Live values that a sheet may have, and names that wait to be set there. */
export const MAXIMUM_VALUES = 50

/** Requests that wait for one sheet. */
const WAITING = 2_000

interface Waiting {
  readonly setting: InputSetting
  readonly resolve: (line: Line | undefined) => void
  readonly reject: (error: unknown) => void
}

interface Queue {
  /** By name: a later setting takes the place of an earlier one, and answers those who wait for that too. */
  readonly names: Map<string, Waiting[]>
  waiting: number
  isAtWork: boolean
  /** Several failed together: they are made one by one. */
  isCareful: boolean
}

export interface LiveValuesOptions {
  /**
   * Stores settings, each of another name, if they are due when nothing can come in between.
   * @returns undefined where they are not, or the sheet changed meanwhile: nothing is stored
   */
  readonly store: (
    sheet: number,
    settings: readonly InputSetting[],
    isDue: () => Promise<boolean>,
  ) => Promise<readonly Line[] | undefined>
  /** When the newest live value of a sheet was stored, in milliseconds since 1970; 0: there is none. */
  readonly newest: (sheet: number) => Promise<number>
}

/**
 * Sets live values at most four times a second on each sheet, however often they arrive and in however many processes. The
 * latest value of each name counts.
 */
export class LiveValues {
  readonly #options: LiveValuesOptions
  readonly #queues = new Map<number, Queue>()

  constructor(options: LiveValuesOptions) {
    this.#options = options
  }

  /**
   * Sets a value, or the one that came after it.
   * @returns the input as it is stored; undefined where it was deleted
   * @throws FrameError
   */
  set(sheet: number, setting: InputSetting): Promise<Line | undefined> {
    const queue = this.#queues.get(sheet) ?? {
      names: new Map<string, Waiting[]>(),
      waiting: 0,
      isAtWork: false,
      isCareful: false,
    }
    this.#queues.set(sheet, queue)
    const isTooMany = queue.names.size >= MAXIMUM_VALUES && !queue.names.has(setting.name)
    if (queue.waiting >= WAITING || isTooMany)
      return Promise.reject(
        new FrameError('rate_limited', 'too many values are waiting for this sheet; try again later'),
      )
    queue.waiting += 1
    const set = new Promise<Line | undefined>((resolve, reject) => {
      const before = queue.names.get(setting.name) ?? []
      queue.names.set(setting.name, [...before, { setting, resolve, reject }])
    })
    if (!queue.isAtWork) {
      queue.isAtWork = true
      setImmediate(() => void this.#work(sheet, queue))
    }
    return set
  }

  async #work(sheet: number, queue: Queue): Promise<void> {
    while (queue.names.size > 0) {
      const start = performance.now()
      try {
        await this.#waitForOthers(sheet)
      } catch (error) {
        for (const waiting of takeFrom(queue, false).values()) for (const { reject } of waiting) reject(error)
      }
      const isStored = await this.#make(sheet, queue, takeFrom(queue, queue.isCareful))
      await pause(Math.max(isStored ? INTERVAL : 0, REST * (performance.now() - start)))
    }
    this.#queues.delete(sheet)
  }

  /** Another process may have set values just now. */
  async #waitForOthers(sheet: number): Promise<void> {
    const age = await this.#age(sheet)
    if (age < INTERVAL) await pause(INTERVAL - age)
  }

  /** Milliseconds since somebody set a value. Clocks of machines differ a little. */
  async #age(sheet: number): Promise<number> {
    return Math.max(0, Date.now() - (await this.#options.newest(sheet)))
  }

  /** Tells whether something was stored: only then is there a change that reaches anyone. */
  async #make(sheet: number, queue: Queue, taken: ReadonlyMap<string, readonly Waiting[]>): Promise<boolean> {
    const settings = [...taken.values()].flatMap((waiting) => waiting.at(-1)?.setting ?? [])
    if (settings.length === 0) return false
    try {
      const lines = await this.#options.store(
        sheet,
        settings,
        async () => (await this.#age(sheet)) >= INTERVAL,
      )
      if (!lines) {
        putBack(queue, taken)
        return false
      }
      queue.isCareful = false
      for (const [name, waiting] of taken) {
        const line = lines.find((line) => line.kind === 'input' && !line.removed && inputName(line) === name)
        for (const { resolve } of waiting) resolve(line)
      }
      return true
    } catch (error) {
      if (taken.size > 1) {
        queue.isCareful = true
        putBack(queue, taken)
      } else {
        const answer = frameErrorOf(error)
        for (const { reject } of [...taken.values()].flat()) reject(answer)
      }
      return false
    }
  }
}

/** Takes what waits, or of it one name. */
function takeFrom(queue: Queue, isOne: boolean): ReadonlyMap<string, readonly Waiting[]> {
  const taken = new Map([...queue.names].slice(0, isOne ? 1 : undefined))
  for (const [name, { length }] of taken) {
    queue.names.delete(name)
    queue.waiting -= length
  }
  return taken
}

/** They are made again, before what came meanwhile. */
function putBack(queue: Queue, taken: ReadonlyMap<string, readonly Waiting[]>): void {
  const later = new Map(queue.names)
  queue.names.clear()
  for (const name of new Set([...taken.keys(), ...later.keys()]))
    queue.names.set(name, [...(taken.get(name) ?? []), ...(later.get(name) ?? [])])
  for (const { length } of taken.values()) queue.waiting += length
}

function frameErrorOf(error: unknown): unknown {
  if (error instanceof EditRefused) return new FrameError(error.code, error.message, { ...error.details })
  return error
}

function pause(milliseconds: number): Promise<void> {
  return delay(milliseconds, undefined, { ref: false })
}
