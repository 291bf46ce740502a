import type { Client } from 'pg'
import { ATTEMPT, connectionTo } from './postgres-address.ts'

/**
 * Transactions that are held open at the same time, so that a pool is likely to lend out the connection that was used
 * last.
 */
const HELD_OPEN = 3

/**
 * Tells whether a pooler between here and PostgreSQL lends a connection for each transaction, as PgBouncer does with
 * `pool_mode = transaction`: a lock of the session is then void. It shows in that two clients share a backend, or that one
 * client changes its own.
 */
export async function poolsTransactions(url: string): Promise<boolean> {
  const clients: Client[] = []
  const connect = async () => {
    const { Client } = await import('pg')
    const client = new Client({ ...(await connectionTo(url)), connectionTimeoutMillis: ATTEMPT })
    client.on('error', () => {})
    clients.push(client)
    await client.connect()
    return client
  }
  try {
    const first = await connect()
    const backend = await backendOf(first)
    const others = await Promise.all(Array.from({ length: HELD_OPEN }, connect))
    for (const other of others) {
      await other.query('begin')
      if ((await backendOf(other)) === backend) return true
    }
    return (await backendOf(first)) !== backend
  } finally {
    for (const client of clients) void client.end().catch(() => {})
  }
}

async function backendOf(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid
}
