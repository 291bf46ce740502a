import { findPeople, PersonCompletion } from './person-completion.ts'

/** The name behind the last comma, which begins with a letter or digit. */
const TYPED = /(?:^|,)\s*(?<name>[\p{L}\p{N}][^,]{0,59})$/u

/** Offers people for a list of usernames with commas between them. @param list where they are offered */
export function completeUsernames(field: HTMLInputElement, list: HTMLElement, user: string): void {
  new PersonCompletion(field, list, {
    typed: (before) => TYPED.exec(before)?.groups?.name,
    async find(name, signal) {
      const people = await findPeople(`/api/people?q=${encodeURIComponent(name)}`, user, signal)
      const typed = name.trim().toLowerCase()
      // A username that is complete wants no choice: Enter sends the form.
      if (people.some(({ username }) => username === typed)) return []
      const others = new Set(field.value.split(',').map((one) => one.trim().toLowerCase()))
      return people.filter(({ username }) => !others.has(username))
    },
    behind: ', ',
  })
}
