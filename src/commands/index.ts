/** What `bin/partyline` does beside the server: commands for whoever runs it, each in a file of its own. */
import { keepCompiledCode } from '../compile-cache.ts'

const [command, name, ...rest] = process.argv.slice(2)

if (command === 'reset-password' && name && rest.length === 0) {
  await run(async () => (await import('./reset-password.ts')).resetPassword(name))
} else if (command === 'retry-jobs' && name === undefined) {
  await run(async () => (await import('./retry-jobs.ts')).retryJobs())
} else {
  console.error('usage: bin/partyline reset-password NAME\n       bin/partyline retry-jobs')
  process.exitCode = 2
}

async function run(work: () => Promise<number>): Promise<void> {
  keepCompiledCode()
  const { explain } = await import('../explain.ts')
  try {
    process.exitCode = await work()
  } catch (error) {
    console.error(explain(error))
    process.exitCode = 1
  }
}
