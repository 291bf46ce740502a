import type { FastifyBaseLogger } from 'fastify'
import { Compile } from 'typebox/compile'
import type { ChannelEvent, ChannelLayer } from '../channels/index.ts'
import type { Meter } from './measure.ts'
import { Measurement, type Sample, type Values } from './protocol.ts'
import { processValuesOf, valuesOf } from './samples.ts'
import { type Activity, activityBetween, together, WINDOW } from './window.ts'

/** The layer's group on which processes tell each other what they measured. */
const GROUP = 'dashboard'

/** Milliseconds between two samples, and after which a process that tells nothing is gone. */
const INTERVAL = 1_000
const GONE_AFTER = 5_000

/** Samples that are kept of each process and of all together: five minutes. */
export const KEPT = 300

/** Processes that are shown; of more the others are left out. */
const SHOWN = 32

const isMeasurement = Compile(Measurement)

/** The identity of this process among the others. */
export type ProcessName = Pick<Measurement, 'process' | 'name' | 'started'>

interface TimedMeasurement {
  readonly at: number
  readonly measurement: Measurement
}

/** The measurements of one process. */
interface TrackedProcess {
  /** The measurements of the last minute, and one before that, the oldest first. */
  readonly measurements: TimedMeasurement[]
  activity: Activity
  readonly history: Values[]
}

export interface ProcessesOptions {
  readonly layer: ChannelLayer
  readonly log: FastifyBaseLogger
  readonly meter: Meter
  readonly self: ProcessName
}

/**
 * Collects the activity of all processes, second by second: each measures itself and receives the others' measurements over the
 * channel layer.
 */
export class Processes {
  readonly #options: ProcessesOptions
  readonly #processes = new Map<string, TrackedProcess>()
  readonly #together: Values[] = []
  readonly #listeners = new Set<(sample: Sample) => void>()
  readonly #channel: string
  #latest: Sample = { at: new Date().toISOString(), all: valuesOf(together([])), processes: [] }
  #gatheredAt = performance.now()
  #timer: NodeJS.Timeout | undefined
  #measuring: Promise<void> | undefined

  constructor(options: ProcessesOptions) {
    this.#options = options
    const { layer, log } = options
    this.#channel = layer.newChannel((event) => this.#receive(event))
    layer
      .groupAdd(GROUP, this.#channel)
      .catch((error) => log.warn({ err: error }, 'the dashboard shows this process alone'))
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#sample(), INTERVAL).unref()
    await this.#sample()
  }

  get latest(): Sample {
    return this.#latest
  }

  /**
   * The values of the last minutes, one a second, the oldest first.
   * @param process undefined: of all together
   * @returns undefined for a process that is not there
   */
  history(process: string | undefined): readonly Values[] | undefined {
    return process === undefined ? this.#together : this.#processes.get(process)?.history
  }

  /** Calls back with each sample. @returns what ends that */
  listen(listener: (sample: Sample) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#options.meter.close()
    await this.#options.layer.closeChannel(this.#channel)
  }

  #sample(): Promise<void> {
    this.#measuring ??= this.#measure()
      .catch((error) =>
        this.#options.log.warn(
          { err: error },
          'a sample for the dashboard could not be taken; the next one will be tried',
        ),
      )
      .finally(() => {
        this.#measuring = undefined
      })
    return this.#measuring
  }

  async #measure(): Promise<void> {
    const { layer, log, meter, self } = this.#options
    const measurement = { ...self, ...(await meter.measure()) }
    this.#record(measurement)
    this.#gather()
    if (!layer.connected()) return
    await layer
      .groupSend(GROUP, { type: 'dashboard.measured', measurement })
      .catch((error) => log.debug({ err: error }, 'other processes were not told what this one measured'))
  }

  /** Checked, since a process of another version may send anything. */
  #receive({ measurement }: ChannelEvent): boolean {
    if (isMeasurement.Check(measurement) && measurement.process !== this.#options.self.process)
      this.#record(measurement)
    return true
  }

  #record(measurement: Measurement): void {
    const now = performance.now()
    const { process } = measurement
    const known = this.#processes.get(process)
    if (!known && this.#processes.size >= SHOWN) return
    const measurements = known?.measurements ?? []
    measurements.push({ at: now, measurement })
    while (measurements[1] && now - measurements[1].at >= WINDOW * 1000) measurements.shift()
    const activity = activityBetween(this.#before(measurements, now), measurement)
    if (known) known.activity = activity
    else this.#processes.set(process, { measurements, activity, history: [] })
  }

  /** This process has counted from its start on; of another that is not known. */
  #before([oldest]: readonly TimedMeasurement[], now: number): Measurement | undefined {
    const isOwnStart =
      oldest?.measurement.process === this.#options.self.process && now - oldest.at < WINDOW * 1000
    return isOwnStart ? undefined : oldest?.measurement
  }

  #gather(): void {
    this.#forgetThoseGone(performance.now())
    const all = valuesOf(together([...this.#processes.values()].map(({ activity }) => activity)))
    const processes = [...this.#processes.values()].flatMap(({ activity, history, measurements }) => {
      const measurement = measurements.at(-1)?.measurement
      if (!measurement) return []
      const values = processValuesOf(measurement, activity)
      keep(history, values)
      return [values]
    })
    processes.sort((one, other) => one.name.localeCompare(other.name) || one.id.localeCompare(other.id))
    keep(this.#together, all)
    this.#latest = { at: new Date().toISOString(), all, processes }
    for (const listener of this.#listeners) listener(this.#latest)
  }

  #forgetThoseGone(now: number): void {
    // Messages that the others sent while this process was held up are still to be received.
    const wasHeldUp = now - this.#gatheredAt > GONE_AFTER
    this.#gatheredAt = now
    if (wasHeldUp) return
    for (const [process, { measurements }] of this.#processes)
      if (now - (measurements.at(-1)?.at ?? 0) > GONE_AFTER) this.#processes.delete(process)
  }
}

function keep(history: Values[], values: Values): void {
  history.push(values)
  if (history.length > KEPT) history.shift()
}
