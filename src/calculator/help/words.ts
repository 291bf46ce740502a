import { constantsList, functionsList, unitsList } from '../language/index.ts'
import type { Word } from '../protocol.ts'

let made: readonly Word[] | undefined

/** Returns all words of the language. They are put together once. */
export function words(): readonly Word[] {
  made ??= [
    ...functionsList().flatMap(({ names, signature, description }) =>
      names.map((word) => ({ word, kind: 'function' as const, description: `${signature}: ${description}` })),
    ),
    ...constantsList().flatMap(({ names, description }) =>
      names.map((word) => ({ word, kind: 'constant' as const, description })),
    ),
    ...unitsList().flatMap(({ name, names, about }) =>
      [name, ...names].filter(isWord).map((word) => ({ word, kind: 'unit' as const, description: about })),
    ),
  ]
  return made
}

/** Signs and phrases are not completed. */
const isWord = (name: string): boolean => /^\p{L}{2,}$/u.test(name)
