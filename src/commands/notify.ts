/** `bin/partyline notify NAME JSON`: notifies somebody, on all their devices. */
import { findPerson, migrateAccounts } from '../accounts/index.ts'
import { recordAudit, SHELL } from '../audit/index.ts'
import { migrateNotifications, type Payload, payloadFault, pushNotification } from '../notifications/index.ts'
import { withDatabase } from './with-database.ts'

/**
 * A running server looks every second for what was added, and tells the person. Where none runs, they are told when they come.
 * @param json an object, such as `{"event":"order_updated","order_id":7}`
 * @returns the exit code: 1 for what cannot be pushed, or nobody to push it to
 */
export function notify(name: string, json: string): Promise<number> {
  const payload = payloadOf(json)
  const fault = payload
    ? payloadFault(payload)
    : 'JSON: takes an object, such as \'{"event":"order_updated"}\''
  if (!payload || fault !== undefined) {
    console.error(fault)
    return Promise.resolve(1)
  }
  return withDatabase(async (database, { databaseUrl }) => {
    await migrateAccounts(database, databaseUrl)
    await migrateNotifications(database, databaseUrl)
    const person = await findPerson(database, name)
    if (!person) {
      console.error(`Nobody here is called ${name}.`)
      return 1
    }
    if (person.deactivated) {
      console.error(`The account of ${person.name} is deactivated.`)
      return 1
    }
    const id = await pushNotification(database, person.id, payload)
    await recordAudit(database, { action: 'notification.push', by: SHELL, person: person.id })
    console.log(`${person.name} has been notified (${id}).`)
    return 0
  })
}

function payloadOf(json: string): Payload | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
