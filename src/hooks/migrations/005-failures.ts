import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/**
 * Deliveries have a code for why they failed. Earlier ones get it from the code or status that they were stored with; what a
 * connection failed with was stored in words only, which are shown as they are.
 */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema.alterTable('hook_deliveries').addColumn('failure', text).execute()
  await sql`update hook_deliveries set failure = case
      when error in ('invalid_payload', 'no_text', 'channel_is_archived') then error
      when error = 'limit' then 'no_space_left'
      when error in ('invalid', 'too_long') then 'not_a_message'
    end where event = 'in' and error is not null`.execute(database)
  await sql`update hook_deliveries set failure = case
      when status between 300 and 399 then 'redirected'
      when status in (401, 403) then 'not_let_in'
      when status in (404, 405, 410) then 'wrong_address'
      when status = 413 then 'too_large'
      when status = 429 then 'too_many_requests'
      when status between 400 and 499 then 'refused'
      when status between 500 and 599 then 'other_system_failed'
      else 'unexpected_answer'
    end where event <> 'in' and error is not null and status is not null`.execute(database)
}
