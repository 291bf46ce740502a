import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import type { Test } from 'tap'

/** Hashing a password costs twenty milliseconds of a core on purpose, and most tests only want somebody who is signed in. */
const CHEAP = { memory: 64, passes: 1 }

const { argon2 } = crypto
let cheap = true

// It has to be in place before the product is loaded.
crypto.argon2 = (algorithm, parameters, callback) =>
  argon2(algorithm, cheap ? { ...parameters, ...CHEAP } : parameters, callback)
syncBuiltinESMExports()

/** Until the test ends, passwords cost in this process what they cost outside of tests. */
export function hashAtFullCost(t: Pick<Test, 'teardown'>): void {
  cheap = false
  t.teardown(() => {
    cheap = true
  })
}
