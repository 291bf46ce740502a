/**
 * Tells whether an error has already been logged by its source, which sets `logged: true`. A store that is away does this: it
 * fails every caller, but should be logged once.
 */
export function isLogged(error: unknown): boolean {
  return error instanceof Error && 'logged' in error && error.logged === true
}
