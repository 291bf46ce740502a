import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent, HandleTask, Work } from '../layers/layer.ts'

/** Tasks that may wait in a channel; further ones are refused. */
export const WAITING_TASKS = 1_000

/** Milliseconds after which the tasks of a channel are forgotten that nobody takes. */
export const TASKS_LAST = 60_000

/** Milliseconds that a worker has at a stop to finish what it is at. */
const STOP_WITHIN = 5_000

/** The channels of workers: what is sent to one is handled once, at most, by one of those who work there. */
export interface TaskQueues {
  /** Resolves when the task waits, or is taken. @throws ChannelFull where it cannot be */
  send(channel: string, task: ChannelEvent): Promise<void>
  work(channel: string, handle: HandleTask): Promise<Work>
  close(): Promise<void>
}

/** Has a task handled, and logs what goes wrong. */
export async function handleTask(
  handle: HandleTask,
  task: ChannelEvent,
  channel: string,
  log: FastifyBaseLogger,
): Promise<void> {
  try {
    await handle(task)
  } catch (error) {
    log.error({ err: error, channel, event: task.type }, 'a worker failed on a task')
  }
}

/** Resolves when a worker that was stopped has finished what it is at, or has had its time. */
export async function finishTask(
  running: Promise<void>,
  channel: string,
  log: FastifyBaseLogger,
): Promise<void> {
  if (await Promise.race([running.then(() => true), delay(STOP_WITHIN, false, { ref: false })])) return
  log.error({ channel }, 'a worker is still busy; it is left behind')
}
