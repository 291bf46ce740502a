import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import type { Test } from 'tap'

/** Hashing a password takes twenty milliseconds of a core on purpose, while most tests only need somebody who is signed in. */
const CHEAP = { memory: 64, passes: 1 }

const { argon2 } = crypto
let cheap = true

// It has to be in place before the product is loaded.
crypto.argon2 = (algorithm, parameters, callback) =>
  argon2(algorithm, cheap ? { ...parameters, ...CHEAP } : parameters, callback)
syncBuiltinESMExports()

/** Hashes passwords at full cost in this process until the test ends. */
export function hashAtFullCost(t: Pick<Test, 'teardown'>): void {
  cheap = false
  t.teardown(() => {
    cheap = true
  })
}
