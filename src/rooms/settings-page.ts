import type { FastifyReply } from 'fastify'
import { identityOf, statusWords } from '../accounts/index.ts'
import type { Database } from '../storage/index.ts'
import { avatarOf, type PersonView, personAddress, personName, statusView } from '../web/presentation.ts'
import { may } from './access.ts'
import { type Invitation, invitationOf, type SettingsOptions } from './invitations.ts'
import { barredFrom, MEMBERS_PAGE, membersOf, type Named } from './members.ts'
import type { TakenName } from './presentation.ts'
import { drawQrCode } from './qr-code.ts'
import { mayInvite } from './requests.ts'
import type { FoundRoom } from './rooms.ts'

/** Pages of members that can be leafed through: what is skipped is read too. */
const PAGES = 100

/** Hosts that lead each computer to itself. */
const LOOPBACK = /^(?:(?:.+\.)?localhost|127\.[\d.]+|\[::1\])$/

/** The levels of notification, in the words of the page. */
const NOTHING = ['nothing', 'Nothing'] as const
const LEVEL_LABELS = [
  ['everything', 'Every message'] as const,
  ['mentions', 'Mentions of me, and replies to me'] as const,
  NOTHING,
]

/** The values that were entered on the page, and the fault in them. */
export interface Entered {
  readonly page?: number
  readonly about?: {
    readonly name: string
    readonly description: string
    readonly error: string
    readonly taken: TakenName | null
  }
  readonly member?: { readonly name: string; readonly error: string }
  readonly level?: { readonly error: string }
}

/** The settings of a room, with those parts that this person may see and change. */
export async function settingsPage(
  reply: FastifyReply,
  room: FoundRoom,
  options: SettingsOptions,
  { page: wanted = 1, about, member, level }: Entered,
): Promise<FastifyReply> {
  const { database } = reply.server
  const { user } = identityOf(reply.request)
  const page = Math.min(Math.max(wanted, 1), PAGES)
  const now = new Date().toISOString()
  const joined = room.standing === 'member' || room.standing === 'owner'
  const administers = may(room, 'administer')
  const { members, more } = await membersOf(database, room.id, page)
  const invites = mayInvite(room, options)
  const invitation = invites ? await invitationOf(database, room.id) : undefined
  return reply.page('rooms/settings', {
    title: `Settings of ${room.name}`,
    room,
    joined,
    choosesLevel: may(room, 'see'),
    levels: joined ? LEVEL_LABELS : [['mentions', 'Mentions of me'] as const, NOTHING],
    administers,
    configures: may(room, 'configure'),
    adds: may(room, 'add'),
    invites,
    about: about ?? { name: room.name, description: room.description, error: null, taken: null },
    member: member ?? { name: '', error: null },
    level: level ?? { error: null },
    members: members.map((one) => ({
      ...personView(one, user.name),
      username: one.name,
      role: one.role,
      mutedUntil: one.mutedUntil !== null && one.mutedUntil > now ? one.mutedUntil : null,
    })),
    earlier: page > 1 ? page - 1 : null,
    later: more && page < PAGES ? page + 1 : null,
    first: (page - 1) * MEMBERS_PAGE,
    barred: administers ? await removedPeople(database, room, user.name) : [],
    invitation: invitation && invitationView(reply, invitation),
    retentionDays: options.retentionDays,
  })
}

async function removedPeople(database: Database, { id }: FoundRoom, viewer: string) {
  const people = await barredFrom(database, id)
  return people.map((one) => ({ ...personView(one, viewer), username: one.name }))
}

function personView({ displayName, name, picture, status }: Named, viewer: string): PersonView {
  const own = name === viewer
  return {
    avatar: avatarOf(name, own, displayName, picture),
    name: personName(name, displayName),
    address: personAddress(name),
    status: statusView(statusWords(status)),
    own,
  }
}

function invitationView({ request }: FastifyReply, { code, expiresAt }: Invitation) {
  const link = `${request.protocol}://${request.host}/join/${code}`
  return { link, expiresAt, qr: drawQrCode(link), isOnlyHere: LOOPBACK.test(new URL(link).hostname) }
}
