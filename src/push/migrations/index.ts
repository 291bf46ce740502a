import * as subscriptions from './001-subscriptions.ts'

/** The changes of the tables of Web Push, in order; one that was released is never changed. */
export const migrations = { '001-subscriptions': subscriptions }
