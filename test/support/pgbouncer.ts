import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort } from './ports.ts'
import { end, onPath, outlived } from './programs.ts'
import { temporaryFolder } from './server.ts'

/** Debian keeps it with the programs of the administrator. */
const pgbouncer = onPath('pgbouncer') ?? onPath('pgbouncer', ['/usr/sbin'])

/** Options of a test that needs PgBouncer. Without it, the test is skipped with the reason. */
export const withPgbouncer = { skip: pgbouncer ? false : 'no pgbouncer on the path' } as const

/** A PgBouncer before a database, until the test ends. @returns its `DATABASE_URL` */
export async function startPgbouncer(t: Test, url: string, mode: 'session' | 'transaction'): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const folder = temporaryFolder(t)
  const listenPort = await freePort()
  const settings = `[databases]
* = host=${hostname} port=${port} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout,extra_float_digits
`
  const file = join(folder, 'pgbouncer.ini')
  // It does not run as root, and another user reads this.
  chmodSync(folder, 0o755)
  writeFileSync(file, settings)
  const child = outlived([pgbouncer ?? '', ...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []), file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.teardown(() => end(child))
  let output = ''
  while (!output.includes('process up')) {
    const [chunk] = await once(child.stderr ?? child, 'data')
    output += chunk
  }
  return `postgres://${username}:${password}@127.0.0.1:${listenPort}${pathname}`
}
