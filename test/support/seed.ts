/**
 * The seed of a random test: the variable if it is set, always the same number in CI, so that a run that
 * fails there is a change that broke something, and another number each time elsewhere, which finds new cases.
 */
export function seedFrom(variable: string): number {
  const given = process.env[variable]
  if (given !== undefined) return Number(given)
  return process.env.CI ? 20_261_128 : Date.now() % 2 ** 31
}
