import type { Transaction } from 'kysely'
import type { Tables } from '../storage/index.ts'
import { indexedWords } from '../text/words.ts'

/** Stores the words by which the directory finds a person: those of their username, and of the name that is shown. */
export async function indexPerson(
  transaction: Transaction<Tables>,
  user: number,
  username: string,
  displayName: string | null,
): Promise<void> {
  const words = new Set([...indexedWords(username), ...indexedWords(displayName ?? '')])
  await transaction.deleteFrom('person_words').where('user_id', '=', user).execute()
  if (words.size === 0) return
  await transaction
    .insertInto('person_words')
    .values([...words].map((word) => ({ word, user_id: user })))
    .execute()
}
