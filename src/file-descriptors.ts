import { closeSync, openSync, readFileSync } from 'node:fs'
import { devNull } from 'node:os'
import type { FastifyBaseLogger } from 'fastify'

/** Milliseconds between two looks. */
const LOOK_INTERVAL = 2_000

/** Parts of the limit from which on the log warns, and below which all is well again. */
const SCARCE = 0.9
const PLENTY = 0.8

const RAISE = 'raise the limit: LimitNOFILE= under systemd, else ulimit -n'

/**
 * Warns in the log when this process runs out of file descriptors, once each time: Node then drops connections without a word.
 * How many are in use is told by the number of the next one, for the system gives out the lowest that is free.
 */
export function watchDescriptors(log: FastifyBaseLogger): void {
  const limit = softLimit()
  let isScarce = false
  const look = () => {
    const used = nextDescriptor()
    if (!isScarce && used >= limit * SCARCE) {
      isScarce = true
      const state = Number.isFinite(used)
        ? `${used} of ${limit} file descriptors are in use`
        : 'no file descriptor is left'
      log.error(`${state}: connections are dropped when there is none; ${RAISE}`)
    } else if (isScarce && used < limit * PLENTY) {
      isScarce = false
      log.warn(`there are file descriptors again: ${used} of ${limit} are in use`)
    }
  }
  setInterval(look, LOOK_INTERVAL).unref()
}

/** @returns infinity when there is none */
function nextDescriptor(): number {
  try {
    const descriptor = openSync(devNull, 'r')
    closeSync(descriptor)
    return descriptor
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** Where the system does not tell, there is a warning when none is left. */
function softLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? Number.MAX_SAFE_INTEGER : Number(soft)
  } catch {
    return Number.MAX_SAFE_INTEGER
  }
}
