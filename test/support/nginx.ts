import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { freePort } from './ports.ts'
import { onPath } from './programs.ts'
import { temporaryFolder } from './server.ts'

export const CONFIGURATION = join(import.meta.dirname, '../../deploy/nginx.conf')

/** Milliseconds after which an nginx that does not listen is a failure. */
const PATIENCE = 60_000

const program = onPath('nginx') ?? onPath('nginx', ['/usr/sbin'])
if (!program && process.env.CI === 'true') throw new Error('no nginx on the path: apt install nginx-light')

/** Options of a test that needs nginx. Without it, the test is skipped with the reason. */
export const withNginx = { skip: program ? false : 'no nginx on the path' } as const

export interface NginxOptions {
  /** The ports of 127.0.0.1 on which the three processes listen. */
  readonly upstreams: readonly number[]
  /** Files of a certificate for localhost and its key. With them, TLS is switched on as described in the file. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** Connections and requests allowed per address: lower than in the file, so that a test can reach them. */
  readonly limits?: { readonly connections: number; readonly requests: number }
}

export interface Nginx {
  /** Such as `http://127.0.0.1:8080`. */
  readonly address: string
  /** The address for TLS, if it is on. It is a name, because clients send no SNI for an address. */
  readonly secureAddress: string
  /** All that it has logged. */
  log(): string
}

/**
 * `deploy/nginx.conf` at work before three processes until the test ends. Nothing is changed but the name and addresses, the
 * folder, the user, and limits where a test says so.
 */
export async function startNginx(t: Test, { upstreams, tls, limits }: NginxOptions): Promise<Nginx> {
  const folder = temporaryFolder(t)
  const port = await freePort()
  const securePort = await freePort()
  const root = process.getuid?.() === 0
  let configuration = readFileSync(CONFIGURATION, 'utf8')
  const change = (from: string | RegExp, to: string) => {
    if (configuration.search(from) === -1) throw new Error(`deploy/nginx.conf has no ${from}`)
    configuration = configuration.replaceAll(from, to)
  }
  if (tls) {
    change('#tls ', '')
    change(/ssl_certificate \S+;/g, `ssl_certificate ${tls.certificate};`)
    change(/ssl_certificate_key \S+;/g, `ssl_certificate_key ${tls.key};`)
    change('listen 443 ', `listen 127.0.0.1:${securePort} `)
    change(/listen \[::\]:443 .*/g, '')
  }
  if (limits) {
    change(/rate=\S+;/g, 'rate=1r/m;')
    change(/burst=\d+/g, `burst=${limits.requests - 1}`)
    change(/limit_conn connections \d+;/g, `limit_conn connections ${limits.connections};`)
  }
  change('server_name chat.example.com;', 'server_name localhost 127.0.0.1;')
  change(/listen 80\b/g, `listen 127.0.0.1:${port}`)
  change(/listen \[::\]:80\b.*/g, '')
  upstreams.forEach((upstream, index) => {
    change(`127.0.0.1:${3001 + index} `, `127.0.0.1:${upstream} `)
  })
  change('user www-data;', root ? 'user root;' : '')
  change('pid /run/nginx.pid;', `pid ${folder}/pid;`)
  change('/var/log/nginx/', `${folder}/`)
  // Only Debian's own users may write to its default folders.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  change('http {', `http {\n${temporary.map((what) => `${what}_temp_path ${folder}/${what};`).join('\n')}`)
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration)

  const end = run(['-p', folder, '-e', join(folder, 'error.log'), '-c', file, '-g', 'daemon off;'])
  t.teardown(end)
  await listening(port, () => readFileSync(join(folder, 'error.log'), 'utf8'))
  return {
    address: `http://127.0.0.1:${port}`,
    secureAddress: `https://localhost:${securePort}`,
    log: () => ['access.log', 'error.log'].map((name) => readFileSync(join(folder, name), 'utf8')).join(''),
  }
}

/** Runs it until it is told to end; should this process end before, it is told then. @returns what tells it to end */
function run(parameters: readonly string[]): () => Promise<void> {
  const command = [program ?? '', ...parameters]
  const [file = '', ...rest] = onPath('setpriv')
    ? ['setpriv', '--pdeathsig', 'TERM', '--', ...command]
    : command
  const child = spawn(file, rest, { stdio: ['ignore', 'inherit', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  return () => {
    child.kill('SIGTERM')
    return ended
  }
}

async function listening(port: number, why: () => string): Promise<void> {
  const until = Date.now() + PATIENCE
  while (!(await accepts(port))) {
    if (Date.now() > until) throw new Error(`nginx does not listen: ${why()}`)
    await delay(20)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.on('close', () => socket.destroy())
    socket.on('connect', () => socket.destroy())
  })
}
