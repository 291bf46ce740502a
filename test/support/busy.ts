import type { Test } from 'tap'
import { Audience } from '../../src/channels/broadcast.ts'
import { processTurn } from '../../src/channels/turn.ts'

/** Writes that make a process a busy one, and more. */
const SEATS = 600

/**
 * Stops the clock of this process, in which the server runs too.
 * @returns `begin`, from which on it has so much to write that frames may wait, and `pass`, which lets time go by
 */
export function busyProcess(t: Test): { begin(): void; pass(milliseconds: number): void } {
  let now = performance.now()
  t.intercept(performance, 'now', { value: () => now })
  const hall = new Audience(processTurn)
  for (let seat = 0; seat < SEATS; seat += 1) hall.add({ write() {}, joined() {}, left() {} })
  return {
    begin: () => hall.send(Buffer.from('busy')),
    pass: (milliseconds) => {
      now += milliseconds
    },
  }
}
