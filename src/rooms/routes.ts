import type { FastifyInstance } from 'fastify'
import { requireUser } from '../accounts/index.ts'
import { type CreationOptions, creationRoutes } from './creation-routes.ts'
import { directoryRoutes } from './directory-routes.ts'
import { invitationRoutes } from './invitation-routes.ts'
import type { SettingsOptions } from './invitations.ts'
import { joinRoutes } from './join-routes.ts'
import { memberRoutes } from './member-routes.ts'
import { peopleRoutes } from './people-routes.ts'
import { settingsRoutes } from './settings-routes.ts'

export type RoomsOptions = CreationOptions & SettingsOptions

/** Changes of members, invitations and archives that one person may make in a minute: each is written into the audit log. */
const CHANGES_PER_MINUTE = 20

export async function roomRoutes(app: FastifyInstance, options: RoomsOptions): Promise<void> {
  await app.register(joinRoutes)
  await app.register(async (app) => {
    app.addHook('onRequest', requireUser)
    const administering = [
      ...app.rateLimits.sending,
      ...app.rateLimits.perMinute('changes of rooms', CHANGES_PER_MINUTE),
    ]
    await app.register(creationRoutes, options)
    await app.register(directoryRoutes)
    await app.register(settingsRoutes, { ...options, administering })
    await app.register(memberRoutes, { ...options, administering })
    await app.register(peopleRoutes)
    await app.register(invitationRoutes, { ...options, administering })
  })
}
