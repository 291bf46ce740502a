/** Stands in for an evaluator: tries the doors that it is asked to try, and reports what happened. */
export const PROBE = `
const load = (name) => (process.getBuiltinModule ?? require)(name)
const doors = {
  passwd: () => load('node:fs').readFileSync('/etc/passwd', 'utf8'),
  read: (file) => load('node:fs').readFileSync(file, 'utf8'),
  list: () => load('node:fs').readdirSync('/proc'),
  create: (file) => load('node:fs').writeFileSync(file, 'x'),
  tamper: () => load('node:fs').appendFileSync(__filename, '//'),
  sqlite: (file) => new (load('node:sqlite').DatabaseSync)(file).prepare('select * from secrets').all(),
  connect: (port) => heard(load('node:net').connect(port, '127.0.0.1'), 'connect'),
  listen: () => heard(load('node:net').createServer().listen(0), 'listening'),
  abstract: (name) => heard(load('node:net').connect({ path: '\\0' + name }), 'connect'),
  datagram: (port) => new Promise((resolve, reject) => {
    const socket = load('node:dgram').createSocket('udp4')
    socket.on('error', reject)
    socket.send('x', port, '127.0.0.1', (error) => (error ? reject(error) : resolve()))
  }),
  fetch: (port) => fetch('http://127.0.0.1:' + port),
  websocket: (port) => heard(new WebSocket('ws://127.0.0.1:' + port), 'open'),
  dns: () => load('node:dns').promises.resolve('localhost.'),
  spawn: () => { const { error } = load('node:child_process').spawnSync(process.execPath, ['--version']); if (error) throw error },
  fork: () => heard(load('node:child_process').fork(__filename), 'spawn'),
  worker: () => heard(new (load('node:worker_threads').Worker)('1', { eval: true }), 'online'),
  inspector: () => load('node:inspector').open(0),
  signal: (pid) => process.kill(pid, 'SIGUSR1'),
  debug: (pid) => process._debugProcess(pid),
  priority: (pid) => load('node:os').setPriority(pid, 10),
  addon: () => process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libm.so.6'),
  binding: () => process.binding('fs'),
  wasm: () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
  eval: () => (0, eval)('1'),
  function: () => Function('return 1')(),
  constructor: () => (async () => {}).constructor('return 1')(),
  context: () => load('node:vm').runInNewContext('eval("1")'),
  script: () => new (load('node:vm').Script)('1').runInThisContext(),
  data: () => import('data:text/javascript,1'),
  module: () => import('node:fs'),
  flags: () => load('node:v8').setFlagsFromString('--allow-natives-syntax'),
  snapshot: () => load('node:v8').writeHeapSnapshot(),
  stdout: () => process.stdout.write('x'),
  descriptors: () => {
    const fs = load('node:fs')
    const open = []
    for (let fd = 0; fd < 300; fd++) try { if (!fs.fstatSync(fd).isFile()) continue; open.push(fd) } catch {}
    if (open.length === 0) throw Object.assign(new Error('none'), { code: 'NONE' })
    return open
  },
  proto: () => { if ({}.__proto__ === undefined) throw Object.assign(new Error('none'), { code: 'NONE' }) },
  environment: () => { if (Object.keys(process.env).join() === '') throw Object.assign(new Error('none'), { code: 'NONE' }) },
  memory: () => { const all = []; while (all.length < 16) all.push(Buffer.alloc(64 * 1024 * 1024)) },
}
const heard = (emitter, event) => new Promise((resolve, reject) => {
  const on = (name, then) => emitter.on ? emitter.on(name, then) : emitter.addEventListener(name, then)
  on(event, resolve)
  on('error', reject)
})
const answer = (id, text) => process.send([[id, text]], undefined, undefined, () => {})
process.on('message', async ([[id, [{ expression, names }]]]) => {
  if (expression === 'loop') {
    answer(id, 'loop')
    return setImmediate(() => { for (;;) ; })
  }
  try {
    await doors[expression](names.with)
    answer(id, 'open')
  } catch (error) {
    answer(id, String(error?.code ?? error?.name ?? 'closed'))
  }
})
process.on('disconnect', () => process.exit(0))
process.send('ready')
`
