import type { Database } from '../storage/index.ts'
import { zoneNamed } from './times.ts'

/** Notes the zone of a person's clock. @returns false where there is no such zone */
export async function setZone(database: Database, user: number, name: string): Promise<boolean> {
  const zone = zoneNamed(name)
  if (zone === undefined) return false
  await database
    .insertInto('time_zones')
    .values({ user_id: user, zone })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ zone }))
    .execute()
  return true
}

/** The zone of a person's clock; that of the server where it is not known. */
export async function zoneOf(database: Database, user: number, otherwise: string): Promise<string> {
  const row = await database
    .selectFrom('time_zones')
    .select('zone')
    .where('user_id', '=', user)
    .executeTakeFirst()
  return zoneNamed(row?.zone) ?? otherwise
}
