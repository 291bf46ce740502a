import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds after which what should come about, and does not, is a failure. */
const PATIENCE = 20_000

/** Resolves when `look` gives true: for what nobody tells. @throws when it does not come about */
export async function eventually(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  const until = Date.now() + PATIENCE
  while (!(await look())) {
    if (Date.now() > until) throw new Error(`${what}: it did not come about`)
    await delay(10)
  }
}
