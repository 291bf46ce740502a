import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

export type LauncherName = 'bwrap' | 'unshare' | 'user' | 'setpriv' | 'none'

/** A way to start a process with fewer rights than the server has. */
export interface Launcher {
  readonly name: LauncherName
  /** True if the kernel ends the process when its server dies, even in a busy loop. */
  readonly endsWithServer: boolean
  /**
   * The command line that runs `command` with these rights.
   * @param folders that the command reads, beside its program; it starts in the first
   */
  wrap(command: readonly string[], folders: readonly string[]): readonly string[]
}

/** The parts of the system that a command needs beside its program. */
export interface Needs {
  /** Libraries that it loads from its folders, and whose own libraries lie elsewhere. */
  readonly libraries?: readonly string[]
  /** Bytes of address space; 2 GiB. */
  readonly addressSpace?: number
}

/** Absolute paths of programs; those that the system does not have are missing. */
type Programs = Readonly<Partial<Record<string, string>>>

/** A user and group that no Linux distribution gives to anybody, and that also exists in a container's smaller range. */
const NOBODY = 65533
const OTHER_USER = [
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
]
/**
 * V8 reserves most of 2 GiB at its start, and Buffers end at about 650 MiB. (With 1 GiB it does not start. A limit of processes
 * would count all threads of the user.)
 */
const ADDRESS_SPACE = 2 * 1024 ** 3
const LIMITS = ['--fsize=0', '--nofile=64', '--core=0', '--']
/** The channel to the server is the fourth file. Nothing else of an environment reaches the process. */
const CHANNEL = ['NODE_CHANNEL_FD=3', 'NODE_CHANNEL_SERIALIZATION_MODE=json']

/** Used where nothing else works, as on macOS. */
export const BARE: Launcher = { name: 'none', endsWithServer: false, wrap: (command) => command }

/**
 * All launchers for which the system has the programs, best first; the last one is `BARE`. Whether one works here is
 * another question: containers often forbid namespaces.
 */
export async function findLaunchers(needs: Needs = {}): Promise<readonly Launcher[]> {
  if (process.platform !== 'linux') return [BARE]
  const programs = await findPrograms(['bwrap', 'env', 'ldd', 'prlimit', 'setpriv', 'sh', 'unshare'])
  const root = process.getuid?.() === 0
  const limits = limitsBy(programs.prlimit, needs)
  return [
    ...(await bubblewrap(programs, limits, needs)),
    ...unshare(programs, limits, root),
    ...(root ? setpriv(programs, limits, 'user', OTHER_USER) : []),
    ...setpriv(programs, limits, 'setpriv'),
    BARE,
  ]
}

/** bubblewrap: namespaces of its own for everything, and a file system that holds the command and its libraries alone. */
async function bubblewrap(
  { bwrap, env, ldd }: Programs,
  limits: readonly string[],
  { libraries = [] }: Needs,
): Promise<Launcher[]> {
  if (!bwrap || !env || !ldd) return []
  const loaded = await librariesOf([process.execPath, env, ...libraries], ldd)
  const files = new Set([process.execPath, env, ...loaded])
  const options = [
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    ...[...files].flatMap((file) => ['--ro-bind', file, file]),
  ]
  return [
    {
      name: 'bwrap',
      endsWithServer: true,
      wrap: (command, folders) => [
        ...limits,
        bwrap,
        ...options,
        ...folders.flatMap((folder) => ['--ro-bind', folder, folder]),
        ...['--chdir', folders[0] ?? '/', '--remount-ro', '/', '--'],
        ...emptied(env),
        ...command,
      ],
    },
  ]
}

/** Namespaces of its own for network, processes and IPC, by util-linux. An ordinary user needs a user namespace for it. */
function unshare(
  { env, setpriv, sh, unshare }: Programs,
  limits: readonly string[],
  root: boolean,
): Launcher[] {
  if (!env || !setpriv || !sh || !unshare) return []
  const users = root ? [OTHER_USER, ['--inh-caps=-all', '--bounding-set=-all']] : [[]]
  // A container that hides parts of /proc does not allow a fresh one.
  const views = [['--mount-proc'], []]
  return users.flatMap((user) =>
    views.map((view) => ({
      name: 'unshare' as const,
      endsWithServer: true,
      wrap: (command: readonly string[]) => [
        ...[setpriv, '--pdeathsig', 'KILL', '--'],
        ...limits,
        unshare,
        ...(root ? [] : ['--user', '--map-current-user']),
        ...['--net', '--pid', '--ipc', ...view, '--kill-child=KILL', '--'],
        // Another user's process loses what --kill-child asked the kernel for.
        ...[setpriv, '--pdeathsig', 'KILL', '--no-new-privs', ...user, '--'],
        ...[sh, '-c', FIRST_PROCESS, 'sh'],
        ...emptied(env),
        ...command,
      ],
    })),
  )
}

/**
 * The first process of a namespace is spared the signals that it sends itself, as `abort` does, and unshare does not tell
 * who was killed. So a shell is the first one, and tells.
 */
const FIRST_PROCESS = '"$@"; exit $?'

/** No new privileges, and for root another user. */
function setpriv(
  { env, setpriv }: Programs,
  limits: readonly string[],
  name: LauncherName,
  user: string[] = [],
): Launcher[] {
  if (!env || !setpriv) return []
  return [
    {
      name,
      endsWithServer: true,
      wrap: (command) => [
        ...[setpriv, '--pdeathsig', 'KILL', '--no-new-privs', ...user, '--'],
        ...limits,
        ...emptied(env),
        ...command,
      ],
    },
  ]
}

function limitsBy(prlimit: string | undefined, { addressSpace = ADDRESS_SPACE }: Needs): readonly string[] {
  return prlimit ? [prlimit, `--as=${addressSpace}`, ...LIMITS] : []
}

/**
 * Tools that watch a server put NODE_OPTIONS into the environment of every child, with modules that it may not read: so it
 * is emptied right before the command.
 */
const emptied = (env: string): string[] => [env, '-i', ...CHANNEL]

async function findPrograms(names: readonly string[]): Promise<Programs> {
  const folders = [
    ...(process.env.PATH ?? '').split(path.delimiter),
    '/usr/bin',
    '/bin',
    '/usr/sbin',
    '/sbin',
  ]
  const found: Record<string, string> = {}
  await Promise.all(
    names.map(async (name) => {
      for (const folder of folders) {
        const file = path.join(folder, name)
        if (!path.isAbsolute(file) || !(await isExecutable(file))) continue
        found[name] = file
        return
      }
    }),
  )
  return found
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** The shared libraries of programs and what loads them, as `libm.so.6 => /lib/…/libm.so.6 (0x…)` says. */
async function librariesOf(programs: readonly string[], ldd: string): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)(ldd, programs)
    return [...stdout.matchAll(/(?:^|\s)(\/\S+) \(0x/gm)].flatMap(([, file]) =>
      file ? path.resolve(file) : [],
    )
  } catch {
    return []
  }
}
