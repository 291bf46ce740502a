import type { FastifyInstance } from 'fastify'
import type { Visitor } from './visitor.ts'

/** A scheduled message or reminder, as the API describes it. */
export interface Entry {
  readonly id: string
  readonly text: string
  readonly at: string
  readonly room: string
  readonly failure?: string
}

/** What a person has scheduled, the next first. */
export async function scheduled(person: Visitor): Promise<Entry[]> {
  return JSON.parse((await person.get('/api/scheduled')).text).scheduled
}

/** Makes something due now. */
export async function comes({ database, jobs }: FastifyInstance, id: string | undefined): Promise<void> {
  await database
    .updateTable('scheduled')
    .set({ due_at: '2000-01-01T00:00:00.000Z' })
    .where('id', '=', id ?? '')
    .execute()
  await database
    .updateTable('jobs')
    .set({ run_at: '2000' })
    .where('key', '=', id ?? '')
    .execute()
  jobs.wake()
}

/** @returns the id of a message that is far away */
export async function sendLater(person: Visitor, room: string, message: string): Promise<string> {
  const { text } = await person.postJson(`/api/rooms/${room}/scheduled`, { message, at: '2027-06-01T09:00' })
  return JSON.parse(text).id
}

/** @returns the status of the answer */
export async function cancel(person: Visitor, id: string): Promise<number> {
  const token = await person.token('/account')
  return (await person.request('DELETE', `/api/scheduled/${id}`, undefined, { 'x-csrf-token': token })).status
}

/** Makes the server look now for finished and forgotten entries. */
export async function sweep({ database, jobs }: FastifyInstance): Promise<void> {
  await database.updateTable('jobs').set({ run_at: '2000' }).where('kind', '=', 'sweep-scheduled').execute()
  jobs.wake()
}

/** Tells whether there is a row of it, done or not. */
export async function isKept({ database }: FastifyInstance, id: string): Promise<boolean> {
  return (await database.selectFrom('scheduled').select('id').where('id', '=', id).execute()).length > 0
}

export function userRow({ database }: FastifyInstance, name: string): Promise<{ id: number; name: string }> {
  return database
    .selectFrom('users')
    .select(['id', 'name'])
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
}

/** The bytes that a person has stored. */
export async function bytesOf({ database, usage }: FastifyInstance, user: number): Promise<number> {
  await usage.save()
  const row = await database
    .selectFrom('usage')
    .select('bytes')
    .where('user_id', '=', user)
    .executeTakeFirst()
  return row?.bytes ?? 0
}
