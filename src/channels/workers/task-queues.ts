import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent, HandleTask, Work } from '../layers/layer.ts'

/** How many tasks can wait in a channel; further ones are refused. */
export const WAITING_TASKS = 1_000

/** Milliseconds after which the tasks of a channel are dropped if nobody takes them. */
export const TASKS_LAST = 60_000

/** Milliseconds that a worker has to finish its current task when it is stopped. */
const STOP_WITHIN = 5_000

/** The channels of workers: each event sent to one is handled at most once, by one of its workers. */
export interface TaskQueues {
  /** Resolves when the task waits, or is taken. @throws ChannelFull where it cannot be */
  send(channel: string, task: ChannelEvent): Promise<void>
  work(channel: string, handle: HandleTask): Promise<Work>
  close(): Promise<void>
}

/** Handles a task, and logs what goes wrong. */
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

/** Resolves when a stopped worker has finished its current task, or its time is up. */
export async function finishTask(
  running: Promise<void>,
  channel: string,
  log: FastifyBaseLogger,
): Promise<void> {
  if (await Promise.race([running.then(() => true), delay(STOP_WITHIN, false, { ref: false })])) return
  log.error({ channel }, 'a worker is still busy; it is abandoned')
}
