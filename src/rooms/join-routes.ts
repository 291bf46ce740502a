import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { HttpError } from '../web/index.ts'
import { announceMember } from './announcements.ts'
import { acceptInvitation, findInvitation, type Invitation } from './invitations.ts'
import { isBarred } from './members.ts'
import { EmptyForm, InvitationParams } from './protocol.ts'
import { removed } from './requests.ts'

/** Codes that a person or network may try a minute. */
const CODES_PER_MINUTE = 60

const JOIN_PATH = /^\/join\/([^/?]+)$/

/** The page that an invitation's link leads to, for people who are here and for newcomers. */
export async function joinRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits } = app
  const trying = rateLimits.perMinute('invitation codes', CODES_PER_MINUTE)
  const path = '/join/:code'

  app.signUpPolicy.admit(async (next) => {
    const code = JOIN_PATH.exec(next)?.[1]
    if (code === undefined) return false
    return (await findInvitation(database, code))?.byAdministrator === true
  })

  app.get(path, { schema: { params: InvitationParams }, onRequest: trying }, async (request, reply) => {
    const invitation = await invitationWith(request.params.code)
    const { identity } = request
    if (identity) await assertNotBarred(invitation, identity.user.id)
    const here = `/join/${invitation.code}`
    return reply.page('rooms/join', {
      title: `Join ${invitation.room.name}`,
      invitation,
      open: await app.signUpPolicy.isOpenFor(here),
      next: encodeURIComponent(here),
    })
  })

  app.post(
    path,
    {
      schema: { params: InvitationParams, body: EmptyForm },
      onRequest: [
        ...trying,
        async (request, reply) => {
          if (request.identity) return
          const { code } = await invitationWith(request.params.code)
          return reply.redirect(`/sign-in?next=${encodeURIComponent(`/join/${code}`)}`, 303)
        },
      ],
    },
    async (request, reply) => {
      const invitation = await invitationWith(request.params.code)
      const { user } = identityOf(request)
      await assertNotBarred(invitation, user.id)
      if (!(await acceptInvitation(database, invitation, user))) throw ended()
      announceMember(app, invitation.room, user.id)
      return reply.redirect(`/rooms/${invitation.room.slug}`, 303)
    },
  )

  /** To somebody who was removed from a private room its invitation is as good as one that has ended. */
  async function assertNotBarred({ room }: Invitation, user: number): Promise<void> {
    if (!(await isBarred(database, room.id, user))) return
    throw room.kind === 'open' ? removed() : ended()
  }

  async function invitationWith(code: string): Promise<Invitation> {
    const invitation = await findInvitation(database, code)
    if (!invitation) throw ended()
    return invitation
  }
}

function ended(): HttpError {
  return new HttpError(
    404,
    'This invitation is no longer valid',
    'It may have expired or been replaced. Ask whoever sent it for a new one.',
  )
}
