/** Milliseconds after which what did not come about is a failure. */
const PATIENCE = 15_000

/**
 * Resolves when `look` gives true: for what there is no event to wait for.
 * @param seen what there is instead, for the error
 */
export async function eventually(
  what: string,
  look: () => boolean | Promise<boolean>,
  seen: () => unknown = () => '',
): Promise<void> {
  const until = Date.now() + PATIENCE
  while (!(await look())) {
    if (Date.now() > until) throw new Error(`${what}: it did not come about ${seen()}`.trim())
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
