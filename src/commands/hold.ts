import { holdData } from '../storage/index.ts'

/** Milliseconds that a command waits for a server that works on the data: whoever typed it has not stopped it. */
const PATIENCE = 500

/**
 * Holds the data for a command that nobody may work beside.
 * @returns what lets go of it
 * @throws DataInUse while a server runs
 */
export function holdAtOnce(directory: string, url: string | undefined): Promise<() => void | Promise<void>> {
  return holdData({ directory, url, shared: false, patience: PATIENCE })
}
