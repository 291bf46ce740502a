import t from 'tap'
import { keepDataIn } from './database.ts'
import { startPostgres, withPostgres } from './postgres.ts'
import { closeServers } from './server.ts'

/** Milliseconds for all of them together, whatever timeout each file sets. */
const PATIENCE = 1_200_000

/**
 * Runs the tests of other files once more, with a PostgreSQL for their data.
 * @param files each imports a file of tests, whose servers are closed when its tests have ended: a server that has nothing to do
 * looks for work all the same, ten times a second
 */
export async function repeatOnPostgres(files: readonly (() => Promise<unknown>)[]): Promise<void> {
  if (withPostgres.skip) return void t.pass('skipped', withPostgres)
  keepDataIn((await startPostgres(t, { passwords: false })).url)
  await runEach(files)
}

async function runEach([load, ...others]: readonly (() => Promise<unknown>)[]): Promise<void> {
  if (!load) return
  await load()
  t.setTimeout(PATIENCE)
  // Behind its tests, and as one of them, so that all of them do not seem to have ended before the next file is loaded.
  t.test('the servers of these tests are closed', async () => {
    await closeServers(t)
    await runEach(others)
  })
}
