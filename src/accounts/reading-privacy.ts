import { type Database, type Placeholder, prepared } from '../storage/index.ts'

/** Tells whether a person lets others see what they have read, and sees what others have. */
export async function showsReading(database: Database, user: number): Promise<boolean> {
  return (await selectHides.executeTakeFirst(database, { user }))?.hides === 0
}

/** Has a person's reading told from now on, or not. */
export async function setShowsReading(database: Database, user: number, shows: boolean): Promise<void> {
  await database
    .updateTable('users')
    .set({ hides_reading: shows ? 0 : 1 })
    .where('id', '=', user)
    .execute()
}

const selectHides = prepared((database, value: Placeholder<{ user: number }>) =>
  database.selectFrom('users').select('hides_reading as hides').where('id', '=', value('user')),
)
