import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds after which what should come about, and does not, is a failure. */
const PATIENCE = 60_000

/**
 * Resolves when `look` gives true: for what nobody tells.
 * @param seen what there is instead, for the error
 * @throws when it does not come about
 */
export async function eventually(
  what: string,
  look: () => boolean | Promise<boolean>,
  seen: () => unknown = () => '',
): Promise<void> {
  const until = Date.now() + PATIENCE
  while (!(await look())) {
    if (Date.now() > until) throw new Error(`${what}: it did not come about ${seen()}`.trim())
    await delay(10)
  }
}
