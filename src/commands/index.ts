/** What `bin/partyline` does beside the server: commands for whoever runs it, each in a file of its own. */
import { explain } from '../explain.ts'
import { resetPassword } from './reset-password.ts'

const [command, name, ...rest] = process.argv.slice(2)

if (command === 'reset-password' && name && rest.length === 0) {
  try {
    process.exitCode = await resetPassword(name)
  } catch (error) {
    console.error(explain(error))
    process.exitCode = 1
  }
} else {
  console.error('usage: bin/partyline reset-password NAME')
  process.exitCode = 2
}
