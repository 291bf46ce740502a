import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import { type Placeholder, preparedForRows, type Tables } from '../storage/index.ts'

/** Different emoji that one message may have. */
export const EMOJI_OF_MESSAGE = 20

/** Names that a message gives of those who chose one emoji. */
const NAMES = 50

/** For each emoji, the number of people who chose it and the first 50 of their names; the emoji that was used first comes first. */
export type Reactions = Readonly<
  Record<string, { readonly count: number; readonly names: readonly string[] }>
>

/** One person's choice of an emoji for a message. */
export interface Choice {
  readonly room: number
  readonly seq: number
  readonly emoji: string
  readonly user: number
}

/** The reactions that a transaction refers to, and the changes to them. */
export class ReactionChanges {
  /** The choices that commands are about and that had been made before. */
  readonly #chosen: Set<string>
  /** The first names of emoji that somebody takes back, one more than a message gives for each who does. */
  readonly #names: Map<string, string[]>
  readonly #added = new Map<string, Choice & { rev: number }>()
  readonly #removed = new Map<string, Choice>()

  private constructor(chosen: Set<string>, names: Map<string, string[]>) {
    this.#chosen = chosen
    this.#names = names
  }

  /** Reads what is needed for choices that are to be made or taken back. */
  static async read(
    transaction: Transaction<Tables>,
    choices: readonly (Choice & { readonly on: boolean })[],
  ): Promise<ReactionChanges> {
    if (choices.length === 0) return new ReactionChanges(new Set(), new Map())
    const chosen = await selectChosen.execute(transaction, choices)
    const back = new Map(choices.filter(({ on }) => !on).map((choice) => [emojiKey(choice), choice]))
    const limit = NAMES + choices.length
    const rows = await selectFirstNames.execute(
      transaction,
      [...back.values()].map((choice) => ({ ...choice, limit })),
    )
    const names = new Map<string, string[]>([...back.keys()].map((key) => [key, []]))
    for (const row of rows) names.get(emojiKey(row))?.push(row.name)
    return new ReactionChanges(new Set(chosen.map(choiceKey)), names)
  }

  has(choice: Choice): boolean {
    return this.#chosen.has(choiceKey(choice))
  }

  /** @returns the reactions with the choice of `name` among them */
  add(choice: Choice, name: string, rev: number, reactions: Reactions): Reactions {
    const key = choiceKey(choice)
    this.#chosen.add(key)
    this.#added.set(key, { ...choice, rev })
    this.#names.get(emojiKey(choice))?.push(name)
    const { count, names } = reactions[choice.emoji] ?? { count: 0, names: [] }
    return {
      ...reactions,
      [choice.emoji]: { count: count + 1, names: names.length < NAMES ? [...names, name] : names },
    }
  }

  /** @returns the reactions without the choice of `name` */
  remove(choice: Choice, name: string, reactions: Reactions): Reactions {
    const key = choiceKey(choice)
    this.#chosen.delete(key)
    // One that was added in this transaction is in no table yet, or was taken back in it before.
    this.#added.delete(key)
    this.#removed.set(key, choice)
    const { [choice.emoji]: before, ...others } = reactions
    const names = (this.#names.get(emojiKey(choice)) ?? []).filter((other) => other !== name)
    this.#names.set(emojiKey(choice), names)
    if (!before || before.count <= 1) return others
    return { ...reactions, [choice.emoji]: { count: before.count - 1, names: names.slice(0, NAMES) } }
  }

  async write(transaction: Transaction<Tables>): Promise<void> {
    if (this.#removed.size > 0) await deleteChoices.execute(transaction, [...this.#removed.values()])
    if (this.#added.size > 0) await insertChoices.execute(transaction, [...this.#added.values()])
  }
}

/** The emoji that a person chose for a message. */
export async function emojiChosenBy(
  database: Kysely<Tables>,
  room: number,
  seq: number,
  user: number,
): Promise<Set<string>> {
  const rows = await database
    .selectFrom('reactions')
    .select('emoji')
    .where('room_id', '=', room)
    .where('seq', '=', seq)
    .where('user_id', '=', user)
    .execute()
  return new Set(rows.map(({ emoji }) => emoji))
}

/** The emoji that a person chose for some messages of a room, by the `seq` of those for which they chose any. */
export async function emojiChosenFor(
  database: Kysely<Tables>,
  room: number,
  seqs: readonly number[],
  user: number,
): Promise<ReadonlyMap<number, ReadonlySet<string>>> {
  const chosen = new Map<number, Set<string>>()
  if (seqs.length === 0) return chosen
  const rows = await database
    .selectFrom('reactions')
    .select(['seq', 'emoji'])
    .where('room_id', '=', room)
    .where('seq', 'in', seqs)
    .where('user_id', '=', user)
    .execute()
  for (const { emoji, seq } of rows) chosen.set(seq, (chosen.get(seq) ?? new Set()).add(emoji))
  return chosen
}

/** Deletes all reactions of messages. */
export const deleteReactions = preparedForRows(
  (database, messages: readonly Placeholder<{ room: number; seq: number }>[]) =>
    database
      .deleteFrom('reactions')
      .where(
        sql<boolean>`(room_id, seq) in (values ${sql.join(
          messages.map(
            (message) => sql`(cast(${message('room')} as bigint), cast(${message('seq')} as bigint))`,
          ),
        )})`,
      ),
)

const selectChosen = preparedForRows((database, choices: readonly Placeholder<Choice>[]) =>
  database
    .selectFrom('reactions')
    .select(['room_id as room', 'seq', 'emoji', 'user_id as user'])
    .where(amongChoices(choices)),
)

const deleteChoices = preparedForRows((database, choices: readonly Placeholder<Choice>[]) =>
  database.deleteFrom('reactions').where(amongChoices(choices)),
)

const insertChoices = preparedForRows((database, choices: readonly Placeholder<Choice & { rev: number }>[]) =>
  database
    .insertInto('reactions')
    .values(
      choices.map((choice) => ({
        room_id: choice('room'),
        seq: choice('seq'),
        emoji: choice('emoji'),
        user_id: choice('user'),
        rev: choice('rev'),
      })),
    )
    .onConflict((conflict) => conflict.doNothing()),
)

const selectFirstNames = preparedForRows(
  (database, emojis: readonly Placeholder<Choice & { limit: number }>[]) => {
    const parts = emojis.map((emoji) => {
      const first = database
        .selectFrom('reactions')
        .innerJoin('users', 'users.id', 'user_id')
        .select(['room_id as room', 'seq', 'emoji', 'users.name', 'reactions.rev'])
        .where('room_id', '=', emoji('room'))
        .where('seq', '=', emoji('seq'))
        .where('emoji', '=', emoji('emoji'))
        .orderBy('rev')
        .limit(emoji('limit'))
      return database.selectFrom(first.as('first')).selectAll()
    })
    const [one, ...others] = parts
    if (!one) throw new Error('the names of no emoji were to be read')
    return others.reduce((all, part) => all.unionAll(part), one).orderBy('rev')
  },
)

function amongChoices(choices: readonly Placeholder<Choice>[]) {
  const wanted = choices.map(
    (choice) =>
      sql`(cast(${choice('room')} as bigint), cast(${choice('seq')} as bigint), ${choice('emoji')}, cast(${choice('user')} as bigint))`,
  )
  return sql<boolean>`(room_id, seq, emoji, user_id) in (values ${sql.join(wanted)})`
}

function emojiKey({ room, seq, emoji }: { room: number; seq: number; emoji: string }): string {
  return `${room} ${seq} ${emoji}`
}

function choiceKey(choice: Choice): string {
  return `${emojiKey(choice)} ${choice.user}`
}
