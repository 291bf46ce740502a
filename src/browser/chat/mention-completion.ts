import { everybodyOptions, type MentionOptionView } from '../../chat/presentation.ts'
import { findPeople, PersonCompletion } from './person-completion.ts'

/** The beginning of a name behind an `@`, up to the cursor. */
const TYPED = /(?<![\p{L}\p{N}_@/.-])@(?<name>[\p{L}\p{N}_-]{0,32})$/u

export interface MentionCompletionOptions {
  readonly room: string
  readonly user: string
  /** `@here` and `@room` are offered, too. */
  readonly hasEverybody: boolean
}

/** Offers the people of a room behind an `@`. @param list where they are offered */
export function completeMentions(
  text: HTMLTextAreaElement,
  list: HTMLElement,
  { hasEverybody, room, user }: MentionCompletionOptions,
): void {
  new PersonCompletion(text, list, {
    typed: (before) => TYPED.exec(before)?.groups?.name,
    async find(name, signal) {
      const people = await findPeople(`/api/rooms/${room}/people?q=${encodeURIComponent(name)}`, user, signal)
      return [...people, ...(hasEverybody ? everybodyNamed(name) : [])]
    },
    behind: ' ',
  })
}

function everybodyNamed(name: string): MentionOptionView[] {
  return everybodyOptions.filter(({ username }) => username.startsWith(name.toLowerCase()))
}
