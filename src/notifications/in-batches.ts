import { setImmediate } from 'node:timers/promises'

/** People who are looked at before others have their turn: SQLite answers in the turn in which it is asked. */
const AT_ONCE = 16

/** Calls back with a few people at a time, and lets everything else happen in between. */
export async function inBatches<One>(
  all: readonly One[],
  look: (few: readonly One[]) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < all.length; start += AT_ONCE) {
    if (start > 0) await setImmediate()
    await look(all.slice(start, start + AT_ONCE))
  }
}
