import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { actorOf } from '../audit/index.ts'
import {
  type Access,
  administeredRoom,
  endInvitation,
  type FoundRoom,
  findRoom,
  goodInvitationsOn,
  invitationOf,
  may,
  noSuchRoom,
  renewInvitation,
} from '../rooms/index.ts'
import { noteSaved } from '../web/index.ts'
import { addressOf, adminPage, neighbours, placeIn } from './pages.ts'
import { EmptyForm, ListQuery, NumberParams, RoomForm, SignUpForm } from './protocol.ts'

interface Entered {
  readonly room?: string
  readonly error?: string | undefined
  /** The address of an invitation that was just made. */
  readonly link?: string
  readonly signUpError?: string
}

/** `/admin/invitations`: who may sign up, and the links by which people come into rooms. */
export async function invitationRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits, signUpPolicy } = app
  const path = '/admin/invitations'

  app.get(path, { schema: { querystring: ListQuery }, onRequest: rateLimits.reading }, (request, reply) =>
    invitationsPage(reply, placeIn(request.query).page),
  )

  app.post(path, { schema: { body: RoomForm }, onRequest: rateLimits.sending }, async (request, reply) => {
    const { user } = identityOf(request)
    const slug = slugIn(request.body.room ?? '')
    const room = await findRoom(database, slug, user)
    const error = faultOf(room)
    if (!room || error) return invitationsPage(reply.code(400), 1, { room: slug, error })
    const present = await invitationOf(database, room.id)
    if (!present?.byAdministrator) await renewInvitation(database, room, user, actorOf(request), mayInvite)
    const invitation = await invitationOf(database, room.id)
    if (!invitation) return invitationsPage(reply.code(400), 1, { room: slug, error: NOT_OPEN })
    return invitationsPage(reply, 1, { link: addressOf(request, `/join/${invitation.code}`) })
  })

  app.post(
    `${path}/:id/end`,
    { schema: { params: NumberParams, body: EmptyForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const room = await administeredRoom(database, Number(request.params.id))
      if (!room) throw noSuchRoom()
      await endInvitation(database, room, actorOf(request))
      return reply.redirect(path, 303)
    },
  )

  app.post(
    '/admin/sign-up',
    { schema: { body: SignUpForm }, config: { formPage: path }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const { sign_up: signUp } = request.body
      if (signUp !== 'open' && signUp !== 'closed')
        return invitationsPage(reply.code(400), 1, { signUpError: 'Choose one of the two.' })
      await signUpPolicy.choose(signUp, actorOf(request))
      return noteSaved(reply, 'sign-up').redirect(path, 303)
    },
  )

  async function invitationsPage(
    reply: FastifyReply,
    page: number,
    { error, link, room = 'lobby', signUpError }: Entered = {},
  ): Promise<FastifyReply> {
    const { user } = identityOf(reply.request)
    const { invitations, more } = await goodInvitationsOn(database, page)
    const listed = await Promise.all(
      invitations.map(async ({ byAdministrator, code, expiresAt, invitedBy, room }) => {
        // The link to a private room would let in an administrator who is not in it.
        const isKnown = room.kind === 'open' || (await findRoom(database, room.slug, user)) !== undefined
        const link = isKnown ? addressOf(reply.request, `/join/${code}`) : null
        // The name of the inviter, and whether that is an administrator, would reveal who is in the room.
        return isKnown
          ? { byAdministrator, expiresAt, invitedBy, room, link }
          : { byAdministrator: false, expiresAt, invitedBy: null, room, link }
      }),
    )
    return adminPage(reply, path, 'invitations', {
      title: 'Invitations',
      invitations: listed,
      link: link ?? null,
      room: { slug: room, error: error ?? null },
      signUp: {
        chosen: await signUpPolicy.chosen(),
        isClosedBySetting: signUpPolicy.isClosedBySetting,
        error: signUpError ?? null,
      },
      ...neighbours(path, { q: '', page }, more),
    })
  }
}

const NOT_OPEN = 'Nobody can be invited to this room: it is archived, or you do not manage it.'

function faultOf(room: FoundRoom | undefined): string | undefined {
  if (!room || room.kind === 'direct')
    return 'There is no such room. Enter the last part of the room’s address, such as lobby.'
  return mayInvite(room) ? undefined : NOT_OPEN
}

/** An administrator invites into open rooms and into those that they are in. */
function mayInvite(access: Access): boolean {
  return may(access, 'inviteAsOwner')
}

/** The room in what was typed: its address, or the whole of its page's. */
function slugIn(typed: string): string {
  return typed
    .trim()
    .slice(0, 300)
    .replace(/^.*\/rooms\//, '')
    .replace(/[/?#].*$/, '')
    .slice(0, 64)
    .toWellFormed()
}
