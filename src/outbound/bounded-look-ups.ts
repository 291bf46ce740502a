import type { LookupAddress } from 'node:dns'
import { RequestFailed } from './request-failed.ts'

/** Looks a name up, as `dns.lookup` with `all` does. */
export type LookUp = (
  name: string,
  callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void

/** Look-ups under way. The system does each in one of the four threads of this process, by which files are read too. */
const AT_ONCE = 2

/** Look-ups that may wait for those. */
const WAITING = 100

/** Milliseconds after which nobody waits for a look-up any more. */
const GIVEN_UP = 10_000

interface Waiting {
  readonly name: string
  readonly callback: Parameters<LookUp>[1]
  readonly since: number
}

/** Looks few names up at a time, so that those whose servers do not answer hold up nothing but other names. */
export function boundedLookUps(lookUp: LookUp): LookUp {
  const waiting: Waiting[] = []
  let underWay = 0

  function next(): void {
    while (underWay < AT_ONCE) {
      const first = waiting.shift()
      if (!first) return
      const { name, callback, since } = first
      if (performance.now() - since > GIVEN_UP)
        callback(new RequestFailed('name_look_up_slow', `${name} was not looked up in time`), [])
      else begin(name, callback)
    }
  }

  function begin(name: string, callback: Waiting['callback']): void {
    underWay += 1
    lookUp(name, (error, addresses) => {
      underWay -= 1
      try {
        callback(error, addresses)
      } finally {
        next()
      }
    })
  }

  return (name, callback) => {
    if (waiting.length >= WAITING) {
      const message = 'too many names are being looked up; try again in a few seconds'
      callback(new RequestFailed('name_look_up_slow', message), [])
      return
    }
    waiting.push({ name, callback, since: performance.now() })
    next()
  }
}
