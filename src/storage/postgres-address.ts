import { setTimeout as delay } from 'node:timers/promises'
import type { ClientConfig } from 'pg'
import { DatabaseAway, StorageUnusable } from './errors.ts'

/** Milliseconds that one attempt to connect may take. */
export const ATTEMPT = 3_000

/** Faults of an address that waiting does not help, by SQLSTATE, and what to do about each. */
const FAULTS: Readonly<Record<string, string>> = {
  '28P01': 'the password is wrong. Correct it.',
  '28000': 'PostgreSQL does not let this user in from here. Correct the address, or its pg_hba.conf.',
  '3D000': 'there is no such database. Create it, with the encoding UTF8, or correct the address.',
  '42501': 'the user does not have the rights it needs. Make it the owner of the database.',
}

const AWAY = 'no PostgreSQL answers there. Start it, or correct the address.'

const ONLY_READS =
  'give the address of the server that takes writes, or end its default_transaction_read_only.'

/** A replica, or a server that was told to change nothing: it may still be about to take over from another. */
class OnlyReads extends Error {}

/** int8 (20): numbers of rows and changes, which stay far below 2^53. */
const INT8 = 20

/** Options of every connection to a database: numbers come as numbers, and a vanished other side is noticed. */
export async function connectionTo(url: string): Promise<ClientConfig> {
  const { types } = await import('pg')
  return {
    connectionString: url,
    application_name: 'partyline',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: {
      getTypeParser: (oid, format) => (oid === INT8 ? Number : types.getTypeParser(oid, format)),
    },
  }
}

/** An address without user, password and options, for a terminal or a log. */
export function shownAddress(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url)
  const host = hostname || searchParams.get('host') || 'localhost'
  return `postgres://${host}${port && `:${port}`}${pathname}`
}

/**
 * Waits until a database takes connections, and writes.
 * @param patience milliseconds
 * @throws StorageUnusable when it does not, or never will
 */
export async function reachPostgres(url: string, patience: number): Promise<void> {
  const deadline = Date.now() + patience
  for (;;) {
    try {
      return await look(url)
    } catch (error) {
      if (error instanceof StorageUnusable) throw error
      const fault = FAULTS[codeOf(error)]
      const remedy = fault ?? (error instanceof OnlyReads ? ONLY_READS : AWAY)
      if (fault !== undefined || Date.now() >= deadline)
        throw new StorageUnusable(complaint(url, error, remedy))
    }
    await delay(200)
  }
}

/** Converts an error to one line about the address that says what to do; other errors are returned unchanged. */
export function unusable(url: string, error: unknown): unknown {
  const fault = FAULTS[codeOf(error)] ?? (error instanceof DatabaseAway ? AWAY : undefined)
  return fault === undefined ? error : new StorageUnusable(complaint(url, error, fault))
}

/** Why a connection failed. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Node gives several addresses of a name in one error, without a message of its own.
  return error.message || codeOf(error)
}

async function look(url: string): Promise<void> {
  const { Client } = await import('pg')
  const client = new Client({ ...(await connectionTo(url)), connectionTimeoutMillis: ATTEMPT })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ encoding: string; read_only: string }>(
      `select current_setting('server_encoding') as encoding, current_setting('transaction_read_only') as read_only`,
    )
    const encoding = rows[0]?.encoding
    if (encoding !== 'UTF8') {
      throw new StorageUnusable(
        `DATABASE_URL=${shownAddress(url)} cannot be used: its encoding is ${encoding}. Create it with UTF8.`,
      )
    }
    if (rows[0]?.read_only === 'on') throw new OnlyReads('it is read-only')
  } finally {
    // Not waited for: one that hangs would not say goodbye.
    void client.end().catch(() => {})
  }
}

function complaint(url: string, error: unknown, fault: string): string {
  return `DATABASE_URL=${shownAddress(url)} cannot be used (${reasonOf(error)}): ${fault}`.replace(
    /\s+/g,
    ' ',
  )
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
