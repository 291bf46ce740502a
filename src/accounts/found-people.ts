import { Type } from 'typebox'

/** The people that a beginning of a name was found for. */
export const FoundPeople = Type.Object({
  people: Type.Array(
    Type.Object({
      name: Type.String({ description: 'the username' }),
      display_name: Type.Optional(Type.String()),
      picture: Type.Optional(Type.String({ description: 'the version of their picture' })),
    }),
    { maxItems: 8 },
  ),
})

interface NamedPerson {
  readonly name: string
  readonly displayName: string | null
  readonly picture: string | null
}

/** A person in an answer that offers people for a name. */
export function foundPerson({ displayName, name, picture }: NamedPerson) {
  return {
    name,
    ...(displayName === null ? {} : { display_name: displayName }),
    ...(picture === null ? {} : { picture }),
  }
}
