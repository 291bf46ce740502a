import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Actor } from '../../audit/index.ts'
import { personById } from '../people.ts'
import {
  type DeletionOptions,
  DeletionPayload,
  type DeletionQueue,
  deleteAccount,
  type MessageChoice,
} from './delete-account.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly accountDeletion: AccountDeletion
  }
}

/** Milliseconds after which another job may be done before this one goes on. */
const SLICE = 4_000

/** Milliseconds until it does. */
const PAUSE = 50

export interface AccountDeletion {
  /**
   * Deletes an account, as its person does at `/account`, or an administrator.
   * @param options `messages`: whether what they said stays without a name, or goes
   * @returns false where there is none, or it was deleted before
   * @throws LastAdministrator
   */
  delete(user: number, options: { readonly messages: MessageChoice; readonly by: Actor }): Promise<boolean>
}

/** Adds `app.accountDeletion`, and clears what is kept of accounts that were deleted. */
export const accountDeletion = fp(async (app: FastifyInstance) => {
  const queue: DeletionQueue = app.jobs.handle(
    'delete-account',
    {
      about: 'Deletes what belongs to a deleted account',
      payload: DeletionPayload,
      atOnce: 1,
      timeout: 60_000,
    },
    async ({ after: from = '', former, messages, step: begunAt, user }, job) => {
      const person = await personById(app.database, user)
      if (!person) return
      const account = { id: user, name: person.name, formerName: former, keepsMessages: messages === 'keep' }
      const { all } = app.belongings
      // One that this version does not know: everything is looked at anew, which changes nothing where it is gone.
      let index = Math.max(
        0,
        all.findIndex(({ name }) => name === begunAt),
      )
      let after: string | undefined = from
      const begun = performance.now()
      for (let one = all[index]; one; one = all[index]) {
        job.signal.throwIfAborted()
        const started = performance.now()
        after = await one.erase?.(account, after, job)
        if (after === undefined) {
          index += 1
          after = ''
        }
        const next = all[index]
        if (next && performance.now() - begun > SLICE)
          return { again: PAUSE, payload: { user, former, messages, step: next.name, after } }
        // Half of the time at most, so that somebody who said much slows nobody else down.
        await delay(performance.now() - started)
      }
    },
  )
  app.decorate('accountDeletion', {
    delete: (user: number, options: DeletionOptions) => deleteAccount(app, queue, user, options),
  })
})
