import type { FastifyReply } from 'fastify'
import { identityOf } from './access.ts'
import { listBots } from './bots/bots.ts'
import { SCOPES } from './keys/scopes.ts'
import { ENDINGS, profileOf, type Status } from './profiles/profiles.ts'
import { showsReading } from './reading-privacy.ts'

/** The form for a new key. */
export interface KeyFields {
  readonly error: string | null
  readonly name: string
  readonly scopes: readonly string[]
  /** The key that was just made: it cannot be shown again. */
  readonly made: { readonly name: string; readonly key: string } | null
}

const emptyKey: KeyFields = { error: null, name: '', scopes: [], made: null }

/** The form for a new bot. */
export interface BotFields {
  readonly error: string | null
  readonly name: string
  readonly made: { readonly name: string; readonly key: string } | null
}

const emptyBot: BotFields = { error: null, name: '', made: null }

/** The page's words about a form that was sent. */
export interface AccountNotes {
  readonly error: string | null
  readonly notice: string | null
  readonly nameError: string | null
  readonly pictureError: string | null
  readonly zoneError: string | null
  readonly pronounsError: string | null
  readonly statusError: string | null
  /** The fields of the profile, as they are shown. */
  readonly pronouns: string
  readonly status: Status
  /** The text in the field for the time zone. */
  readonly zone: string
  /** The text in the field for the name. */
  readonly name: string
  readonly key: KeyFields
  readonly bot: BotFields
}

/** `/account`: a person's picture, name, password, sessions, API keys, and whom they have blocked. */
export async function accountPage(
  reply: FastifyReply,
  said: Partial<AccountNotes> = {},
): Promise<FastifyReply> {
  const { apiKeys, blocks, database, sessions: ofAll, pictureMaker, timeZones } = reply.server
  const { session, user } = identityOf(reply.request)
  const all = await ofAll.list(user.id)
  const sessions = all.map((summary) => ({ ...summary, current: summary.id === session.id }))
  const notes: AccountNotes = {
    error: null,
    notice: null,
    nameError: null,
    pictureError: null,
    zoneError: null,
    pronounsError: null,
    statusError: null,
    ...(await profileOf(database, user.id)),
    zone: await timeZones.of(user.id),
    name: user.displayName ?? user.name,
    key: emptyKey,
    bot: emptyBot,
    ...said,
  }
  const keys = await apiKeys.list(user.id)
  const bots = user.administrator ? await listBots(database) : []
  const scopes = SCOPES.filter(({ forAdministrators }) => user.administrator || !forAdministrators)
  const takesPictures = pictureMaker.available
  return reply.page('accounts/account', {
    title: 'Your account',
    sessions,
    keys,
    bots,
    scopes,
    takesPictures,
    endings: ENDINGS,
    blocked: await blocks.list(user.id),
    showsReading: await showsReading(database, user.id),
    ...notes,
  })
}
