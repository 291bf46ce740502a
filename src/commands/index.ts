/** What `bin/partyline` does beside the server: commands for whoever runs it, each in a file of its own. */
import { keepCompiledCode } from '../compile-cache.ts'

const [command, name, ...rest] = process.argv.slice(2)

if (command === 'reset-password' && name && rest.length === 0) {
  keepCompiledCode()
  const { explain } = await import('../explain.ts')
  try {
    const { resetPassword } = await import('./reset-password.ts')
    process.exitCode = await resetPassword(name)
  } catch (error) {
    console.error(explain(error))
    process.exitCode = 1
  }
} else {
  console.error('usage: bin/partyline reset-password NAME')
  process.exitCode = 2
}
