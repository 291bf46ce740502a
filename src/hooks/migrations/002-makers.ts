import type { Kysely } from 'kysely'

/** The hooks that a person made are found by them, for the export of what is theirs and when their account is deleted. */
export async function up(database: Kysely<never>): Promise<void> {
  await database.schema.createIndex('hooks_by_maker').on('hooks').column('created_by').execute()
}
