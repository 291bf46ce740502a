/** The commands of `bin/partyline` beside the server, for the people who operate it, each in a file of its own. */
import { parseArgs } from 'node:util'
import { keepCompiledCode } from '../compile-cache.ts'
import { giveToOwner } from './ownership.ts'

/** The text behind the first word. */
interface Given {
  /** The second word; empty where the command takes none. */
  readonly second: string
  readonly values: Readonly<Record<string, string>>
}

interface Command {
  /** The arguments that follow the command's name. */
  readonly takes: string
  readonly summary: string
  readonly options?: readonly string[]
  /** Options that take a word. */
  readonly values?: readonly string[]
  /**
   * @returns the work, which resolves to the exit code; `name` is the first word of what it takes, empty where it takes none
   */
  load(): Promise<(name: string, options: ReadonlySet<string>, given: Given) => Promise<number>>
}

const commands: Readonly<Record<string, Command>> = {
  'add-user': {
    takes: 'NAME [--administrator]',
    summary: 'create an account, and print a link for its person to set the password',
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
    summary: 'lock an account: its person is signed out everywhere, but their messages stay',
    load: async () => (await import('./activation.ts')).deactivateAccount,
  },
  reactivate: {
    takes: 'NAME',
    summary: 'reactivate a deactivated account',
    load: async () => (await import('./activation.ts')).reactivateAccount,
  },
  'make-administrator': {
    takes: 'NAME',
    summary: 'give somebody the role of administrator',
    load: async () => (await import('./administrators.ts')).makeAdministrator,
  },
  'remove-administrator': {
    takes: 'NAME',
    summary: 'remove the role of administrator from somebody',
    load: async () => (await import('./administrators.ts')).removeAdministrator,
  },
  'retry-jobs': {
    takes: '',
    summary: 'retry the jobs that failed',
    load: async () => (await import('./retry-jobs.ts')).retryJobs,
  },
  say: {
    takes: 'ROOM [--as NAME]',
    summary: 'post standard input to a room: echo text | bin/partyline say lobby',
    values: ['as'],
    load: async () => {
      const { say } = await import('./say.ts')
      return (room, _options, { values }) => say(room, values.as)
    },
  },
  notify: {
    takes: 'NAME JSON',
    summary: 'notify somebody, on all their devices',
    load: async () => {
      const { notify } = await import('./notify.ts')
      return (name, _options, { second }) => notify(name, second)
    },
  },
  backup: {
    takes: 'FILE',
    summary: 'write everything that is stored to a new file, while the server runs',
    load: async () => (await import('./backup.ts')).backUp,
  },
  restore: {
    takes: 'FILE',
    summary: 'replace what is stored with a backup, while the server is stopped',
    load: async () => (await import('./restore.ts')).restore,
  },
  'move-to': {
    takes: 'ADDRESS',
    summary: 'copy everything that is stored to PostgreSQL, postgres://…, while the server is stopped',
    load: async () => (await import('./move-to.ts')).moveTo,
  },
  doctor: {
    takes: '',
    summary: 'find out why it does not connect, and what to do: exit code 0, or 1 if something is wrong',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  'new-feature': {
    takes: 'NAME',
    summary: 'write the files of a live feature to src and test, as a starting point',
    load: async () => (await import('./new-feature.ts')).newFeature,
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
    const { dataDirectory } = await loadConfig()
    try {
      return await work(given.name, given.options, given)
    } finally {
      giveToOwner(dataDirectory)
    }
  } catch (error) {
    console.error(explain(error))
    return 1
  }
}

async function loadConfig() {
  const { readConfig } = await import('../config.ts')
  return readConfig(process.env)
}

/** @returns undefined for what the command does not take */
function read(
  { takes, options = [], values = [] }: Command,
  parameters: readonly string[],
): (Given & { readonly name: string; readonly options: ReadonlySet<string> }) | undefined {
  try {
    const parsed = parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: Object.fromEntries([
        ...options.map((option) => [option, { type: 'boolean' as const }] as const),
        ...values.map((option) => [option, { type: 'string' as const }] as const),
      ]),
    })
    const { positionals } = parsed
    const [name = '', second = ''] = positionals
    const words = takes.split(' ').filter((word) => /^[A-Z]+$/.test(word))
    if (positionals.length !== words.length || positionals.includes('')) return undefined
    const entries = Object.entries(parsed.values)
    return {
      name,
      second,
      options: new Set(entries.flatMap(([option, value]) => (value === true ? [option] : []))),
      values: Object.fromEntries(
        entries.flatMap(([option, value]) => (typeof value === 'string' ? [[option, value]] : [])),
      ),
    }
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
  return ['bin/partyline COMMAND, with the server’s settings in the environment:', ...lines].join('\n')
}
