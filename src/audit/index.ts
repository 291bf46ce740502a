import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Database, migrateFeature } from '../storage/index.ts'
import { migrations } from './migrations/index.ts'
import { sweepAudit } from './sweeping.ts'
import type {} from './tables.ts'

/** The audit log: actions of the people who run the server and its rooms, when and from where. It is kept for some days. */
export const audit = fp(async (app: FastifyInstance, { days }: { readonly days: number }) => {
  await app.migrate('audit', migrations)
  sweepAudit(app, days)
})

/**
 * Updates the table of the audit log when no server does, for commands.
 * @param url of the PostgreSQL, where it is one
 */
export function migrateAudit(database: Database, url?: string): Promise<void> {
  return migrateFeature(database, 'audit', migrations, url)
}

export { type AuditAction, actionName } from './actions.ts'
export { type AuditEntry, auditEntries, type LogReader } from './entries.ts'
export { type Actor, type AuditedRoom, actorOf, type NewAuditEntry, recordAudit, SHELL } from './record.ts'
