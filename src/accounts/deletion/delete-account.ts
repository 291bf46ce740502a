import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { Type } from 'typebox'
import { type Actor, recordAudit } from '../../audit/index.ts'
import type { JobQueue } from '../../jobs/index.ts'
import { inTransaction, lockTable, type Tables } from '../../storage/index.ts'
import { formerSkeleton } from '../names.ts'
import { unusableHash } from '../passwords.ts'
import { assertAdministrator, assertOthers, endAllSessions, personById } from '../people.ts'

/** The two ways to treat the messages of a deleted account: they stay without a name, or go. */
export const MESSAGE_CHOICES = ['keep', 'delete'] as const
export type MessageChoice = (typeof MESSAGE_CHOICES)[number]

/**
 * Milliseconds after which an account that was deleted is cleared. By then its sockets have ended in every process because of that,
 * and not because it left their room.
 */
const CLEARED_AFTER = 3_000

/** The name that a deleted account is shown under. */
const DELETED_NAME = 'Deleted account'

export const DeletionPayload = Type.Object({
  user: Type.Integer(),
  /** The username that they had, which direct rooms are named by. */
  former: Type.String(),
  messages: Type.Union(MESSAGE_CHOICES.map((choice) => Type.Literal(choice))),
  /** The kind of belonging at which the job is; none: at the first. */
  step: Type.Optional(Type.String()),
  after: Type.Optional(Type.String()),
})

export type DeletionQueue = JobQueue<{ user: number; former: string; messages: MessageChoice }>

export interface DeletionOptions {
  readonly messages: MessageChoice
  readonly by: Actor
}

/**
 * Deletes an account. When this resolves, its name, password, picture and sessions are gone, nobody can sign in with it, and its
 * sockets are being closed in every process; a job then clears what features keep of it (`Belongings`), and deletes its messages
 * where that was chosen. Its row stays, without a name, so that what was said stays somebody's.
 * @returns false where there is no such account, or it was deleted before
 * @throws LastAdministrator
 * @throws HttpError where `by` is neither its person nor an administrator
 */
export async function deleteAccount(
  app: FastifyInstance,
  queue: DeletionQueue,
  user: number,
  { by, messages }: DeletionOptions,
): Promise<boolean> {
  const deleted = await inTransaction(app.database, async (transaction) => {
    await lockTable(transaction, 'users')
    if (by.user !== user) await assertAdministrator(transaction, by)
    const row = await transaction
      .selectFrom('users')
      .select(['name', 'role', 'deactivated_at', 'deleted_at'])
      .where('id', '=', user)
      .where('account_kind', '!=', 'hook')
      .executeTakeFirst()
    if (!row || row.deleted_at !== null) return false
    if (row.role === 'administrator' && row.deactivated_at === null) await assertOthers(transaction, user)
    await endAllSessions(transaction, user)
    await forgetPerson(transaction, user, row.name)
    await recordAudit(transaction, { action: 'account.delete', by, person: user, detail: detailOf(messages) })
    await queue.add(transaction, {
      payload: { user, former: row.name, messages },
      key: String(user),
      delay: CLEARED_AFTER,
    })
    await app.eraseDeleted(transaction)
    return true
  })
  if (!deleted) return false
  const person = await personById(app.database, user)
  if (person) app.changedPeople.announce(person)
  return true
}

/** Takes everything out of an account's row that tells who it was. */
async function forgetPerson(transaction: Transaction<Tables>, user: number, name: string): Promise<void> {
  const now = new Date().toISOString()
  await transaction.deleteFrom('person_words').where('user_id', '=', user).execute()
  await transaction.deleteFrom('password_links').where('user_id', '=', user).execute()
  await transaction
    .updateTable('users')
    .set({
      name: `deleted-${randomBytes(6).toString('hex')}`,
      // Nobody can take the name, or one that looks like it: what others wrote to it stays.
      skeleton: formerSkeleton(name),
      display_name: DELETED_NAME,
      sort_name: '',
      password: unusableHash,
      role: 'member',
      picture: null,
      time_zone: null,
      deactivated_at: now,
      deleted_at: now,
      changed_at: now,
    })
    .where('id', '=', user)
    .execute()
}

function detailOf(messages: MessageChoice): string {
  return messages === 'delete' ? 'messages are deleted too' : 'messages stay without a name'
}
