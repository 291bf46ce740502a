/*
 * Runs in an evaluator process before the evaluator itself (`--require`), and takes away what Node's flags leave within
 * reach of JavaScript: every module, and every global that is no part of the language. An expression that gets past this still has
 * Node's permission model and the operating system before them.
 */
import { registerHooks } from 'node:module'
import { runInNewContext } from 'node:vm'

/** The globals of Node that the evaluator and the library use. */
const KEPT = [
  'Buffer',
  'process',
  'performance',
  'global',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
]
/** Parts of the language that can run or share machine code and memory. */
const TAKEN = ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'console']
/**
 * The members of `process` that an evaluator does not need. The modules that some of them give access to are closed as
 * well.
 */
const PROCESS = [
  '_debugEnd',
  '_debugProcess',
  '_getActiveHandles',
  '_getActiveRequests',
  '_kill',
  '_linkedBinding',
  '_startProfilerIdleNotifier',
  '_stopProfilerIdleNotifier',
  'abort',
  'binding',
  'chdir',
  'dlopen',
  'execve',
  'getBuiltinModule',
  'initgroups',
  'kill',
  'loadEnvFile',
  'mainModule',
  'moduleLoadList',
  'openStdin',
  'permission',
  'report',
  'setegid',
  'seteuid',
  'setgid',
  'setgroups',
  'setuid',
  'setSourceMapsEnabled',
  'stderr',
  'stdin',
  'stdout',
  'umask',
]

let main: string | undefined = process.argv[1]
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== main) throw Object.assign(new Error('Access denied'), { code: 'ERR_ACCESS_DENIED' })
    main = undefined
    return next(specifier, context)
  },
})

const language: unknown = runInNewContext('Object.getOwnPropertyNames(globalThis)')
const kept = new Set<unknown>([...(Array.isArray(language) ? language : []), ...KEPT])
for (const name of TAKEN) kept.delete(name)
for (const name of Object.getOwnPropertyNames(globalThis))
  if (!kept.has(name)) Reflect.deleteProperty(globalThis, name)
// The library warns on it now and then.
const silent = () => {}
Object.assign(globalThis, { console: Object.freeze({ error: silent, log: silent, warn: silent }) })

// The evaluator takes what it needs of `process` while it loads, and gets its first expression later.
process.nextTick(() => {
  for (const name of PROCESS) Reflect.deleteProperty(process, name)
})
