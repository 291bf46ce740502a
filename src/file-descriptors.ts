import { closeSync, openSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { devNull } from 'node:os'
import type { FastifyBaseLogger } from 'fastify'

/** Milliseconds between two looks. */
const LOOK_INTERVAL = 2_000

/** Parts of the limit from which on the log warns, and below which all is well again. */
const SCARCE = 0.9
const PLENTY = 0.8

const RAISE = 'raise the limit: LimitNOFILE= under systemd, else ulimit -n'

/** Warns in the log when this process runs out of file descriptors, once each time: Node then drops connections without a word. */
export function watchDescriptors(log: FastifyBaseLogger): void {
  const limit = softLimit()
  let isScarce = false
  const look = async () => {
    const used = await usedDescriptors()
    if (!isScarce && used >= limit * SCARCE) {
      isScarce = true
      const state = Number.isFinite(used)
        ? `${used} of ${limit} file descriptors are in use`
        : 'no file descriptors are left'
      log.error(`${state}: without free ones, connections are dropped; ${RAISE}`)
    } else if (isScarce && used < limit * PLENTY) {
      isScarce = false
      log.warn(`file descriptors are available again: ${used} of ${limit} are in use`)
    }
  }
  setInterval(() => void look(), LOOK_INTERVAL).unref()
}

/** Returns how many file descriptors are in use; infinity: none is left. */
async function usedDescriptors(): Promise<number> {
  try {
    return (await readdir('/proc/self/fd')).length
  } catch {
    // No descriptor is left for the folder, or the system has no such folder.
    return nextDescriptor()
  }
}

/** Returns about how many are in use where the system does not list them: it gives out the lowest number that is free. */
function nextDescriptor(): number {
  try {
    const descriptor = openSync(devNull, 'r')
    closeSync(descriptor)
    return descriptor
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/**
 * Returns the limit of open files. Where the system does not tell, it counts as none, and there is a warning only when none is
 * left.
 */
function softLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? Number.MAX_SAFE_INTEGER : Number(soft)
  } catch {
    return Number.MAX_SAFE_INTEGER
  }
}
