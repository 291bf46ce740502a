import { DataInUse, holdData, shownAddress } from '../storage/index.ts'

/** Milliseconds that a command waits for a server that works on the data, in case it is just being stopped. */
const PATIENCE = 500

/**
 * Holds the data for a command that nobody may work beside.
 * @returns what lets go of it
 * @throws DataInUse while a server runs
 */
export async function holdAtOnce(
  directory: string,
  url: string | undefined,
): Promise<() => void | Promise<void>> {
  try {
    return await holdData({ directory, url, shared: false, patience: PATIENCE })
  } catch (error) {
    if (!(error instanceof DataInUse)) throw error
    const place = url === undefined ? directory : shownAddress(url)
    // A server would be advised to share the data over Redis, which does not help a command.
    throw new DataInUse(
      `A Partyline is running on ${place}. Stop it, with all of its processes, and run this command again.`,
    )
  }
}
