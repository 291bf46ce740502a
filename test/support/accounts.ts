import type { TestServer } from './server.ts'
import type { Answer, Visitor } from './visitor.ts'

/** The text of a page without the values of its fields, which differ each time. */
export function pageWords({ text }: Answer): string {
  return text.replace(/value="[^"]*"/g, 'value')
}

export function userRow(server: TestServer, name: string) {
  return server.app.database.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst()
}

/** Whether a page for people who are signed in opens. */
export async function isSignedIn(visitor: Visitor): Promise<boolean> {
  return (await visitor.get('/account')).status === 200
}
