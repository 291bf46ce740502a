/** What `bin/partyline` does beside the server: commands for whoever runs it, each in a file of its own. */
import { parseArgs } from 'node:util'
import { keepCompiledCode } from '../compile-cache.ts'

interface Command {
  /** What stands after the command's name. */
  readonly takes: string
  readonly summary: string
  readonly options?: readonly string[]
  /** @returns the work, which resolves to the exit code; `name` is the first word of what it takes, empty where it takes none */
  load(): Promise<(name: string, options: ReadonlySet<string>) => Promise<number>>
}

const commands: Readonly<Record<string, Command>> = {
  'add-user': {
    takes: 'NAME [--administrator]',
    summary: 'make an account, and print a link with which its person sets the password',
    options: ['administrator'],
    load: async () => (await import('./add-user.ts')).addUser,
  },
  'reset-password': {
    takes: 'NAME',
    summary: 'give somebody a new password, and end their sessions',
    load: async () => (await import('./reset-password.ts')).resetPassword,
  },
  deactivate: {
    takes: 'NAME',
    summary: 'lock an account: its person is signed out everywhere, and what they said stays',
    load: async () => (await import('./activation.ts')).deactivateAccount,
  },
  reactivate: {
    takes: 'NAME',
    summary: 'bring a deactivated account back',
    load: async () => (await import('./activation.ts')).reactivateAccount,
  },
  'make-administrator': {
    takes: 'NAME',
    summary: 'give somebody the role of administrator',
    load: async () => (await import('./administrators.ts')).makeAdministrator,
  },
  'remove-administrator': {
    takes: 'NAME',
    summary: 'take the role of administrator from somebody',
    load: async () => (await import('./administrators.ts')).removeAdministrator,
  },
  'retry-jobs': {
    takes: '',
    summary: 'do the jobs again that failed',
    load: async () => (await import('./retry-jobs.ts')).retryJobs,
  },
  backup: {
    takes: 'FILE',
    summary: 'write all that is stored into a new file, while the server runs',
    load: async () => (await import('./backup.ts')).backUp,
  },
  restore: {
    takes: 'FILE',
    summary: 'put a backup in the place of what is stored, while the server is stopped',
    load: async () => (await import('./restore.ts')).restore,
  },
  'move-to': {
    takes: 'ADDRESS',
    summary: 'copy all that is stored into a PostgreSQL, postgres://…, while the server is stopped',
    load: async () => (await import('./move-to.ts')).moveTo,
  },
}

const [word, ...rest] = process.argv.slice(2)

if (word === undefined) {
  console.log(overview())
} else {
  process.exitCode = await run(word, rest)
}

async function run(word: string, parameters: readonly string[]): Promise<number> {
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined
  if (!command) {
    console.error(`There is no command ${word}.\n\n${overview()}`)
    return 2
  }
  const given = read(command, parameters)
  if (!given) {
    console.error(`usage: bin/partyline ${word} ${command.takes}`.trimEnd())
    return 2
  }
  keepCompiledCode()
  const { explain } = await import('../explain.ts')
  try {
    const work = await command.load()
    return await work(given.name, given.options)
  } catch (error) {
    console.error(explain(error))
    return 1
  }
}

/** @returns undefined for what the command does not take */
function read(
  { takes, options = [] }: Command,
  parameters: readonly string[],
): { readonly name: string; readonly options: ReadonlySet<string> } | undefined {
  try {
    const { positionals, values } = parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: Object.fromEntries(options.map((option) => [option, { type: 'boolean' as const }])),
    })
    const [name = '', ...others] = positionals
    const fits = (name !== '') === (takes !== '') && others.length === 0
    return fits ? { name, options: new Set(Object.keys(values)) } : undefined
  } catch {
    return undefined
  }
}

function overview(): string {
  const usages = Object.entries(commands).map(([name, { takes }]) => `${name} ${takes}`)
  const width = Math.max(...usages.map(({ length }) => length)) + 2
  const lines = Object.values(commands).map(
    ({ summary }, index) => `  ${usages[index]?.padEnd(width)}${summary}`,
  )
  return ['bin/partyline COMMAND, with the settings of the server in the environment:', ...lines].join('\n')
}
