/** The tables of accounts as kysely sees them. */
import type { Generated } from 'kysely'

declare module '../storage/tables.ts' {
  interface Tables {
    installation: InstallationTable
    users: UsersTable
    sessions: SessionsTable
    usage: UsageTable
    person_words: PersonWordsTable
    password_links: PasswordLinksTable
    pictures: PicturesTable
    profiles: ProfilesTable
    blocks: BlocksTable
  }
}

/** A single row: the identity of this Partyline, for all its processes. */
export interface InstallationTable {
  id: string
  /** True if any visitor may make an account, as administrators chose; the setting `SIGN_UP=closed` is stronger. */
  sign_up: Generated<'open' | 'closed'>
}

export interface UsersTable {
  id: Generated<number>
  name: string
  /**
   * The name as it looks (`skeleton` of look-alike.ts); null where an older account has a name that looks the same. For a deleted
   * account it is a digest (`formerSkeleton`).
   */
  skeleton: Generated<string | null>
  /** The name by which pages call the person; null: their username. */
  display_name: string | null
  /** The key by which the directory sorts people: the name that is shown, without case and accents. */
  sort_name: Generated<string>
  password: string
  role: 'administrator' | 'member'
  created_at: string
  /** The version of the picture that is shown of them; null: they have none, or their account is deactivated. */
  picture: Generated<string | null>
  /** When the account was deactivated; null: it is in use. */
  deactivated_at: string | null
  /** When the account was deleted; null: it was not. Its row is kept without a name, for what was said. */
  deleted_at: string | null
  /** When the name, picture, role or state last changed, for processes that remember them; null: never. */
  changed_at: string | null
  /** A person who signs in, a program with a key, or the sender of what comes in through a hook. */
  account_kind: Generated<'person' | 'bot' | 'hook'>
  /** The person who made the hook that speaks under this account; null: it is no hook, or none that is known. */
  made_by: Generated<number | null>
  /** The room in which that hook speaks. */
  made_in: Generated<number | null>
  /** The zone of their clock, such as `Europe/Berlin`; null: it is not known. */
  time_zone: Generated<string | null>
  /** 1: nobody is told how far they have read, and they are not told of others. */
  hides_reading: Generated<number>
}

export interface SessionsTable {
  /** SHA-256 of the cookie's identifier: who reads the table cannot sign in with it. */
  id: string
  user_id: number | null
  /** The data of the session, as JSON. */
  content: string
  device: string
  address: string
  created_at: string
  last_seen_at: string
  expires_at: string
  /** A session that ended stays as a tombstone until it would have expired, so that nothing under way brings it back. */
  ended_at: string | null
  /**
   * The scopes of an API key, with spaces between (`keys/scopes.ts`); its name is the `device`. Null: a session of a person.
   */
  scopes: Generated<string | null>
}

/** The bytes that each person keeps; people without any have no row. */
export interface UsageTable {
  user_id: number
  bytes: number
}

/** The words of names and usernames (`indexedWords`), by which people are found. */
export interface PersonWordsTable {
  word: string
  user_id: number
}

/** Pictures of people, as squares in WebP. One of a person whose account is deactivated is kept. */
export interface PicturesTable {
  user_id: number
  /** The version of its content: another picture has another. */
  version: string
  small: Uint8Array
  large: Uint8Array
}

/** Profiles. People who have filled in nothing have no row. */
export interface ProfilesTable {
  user_id: number
  pronouns: string
  /** One emoji, or empty. */
  status_emoji: string
  status_text: string
  /** When the status ends; null: when its person takes it away. */
  status_until: string | null
}

/** People who were blocked, and by whom. */
export interface BlocksTable {
  user_id: number
  /** The person whose messages and notifications are hidden from the other. */
  blocked_id: number
  /** ISO 8601. */
  blocked_at: string
}

/** Links with which people set a password, each good once. */
export interface PasswordLinksTable {
  /** SHA-256 of the code in the link: nobody can use it who only reads the table. */
  id: string
  user_id: number
  expires_at: string
}
