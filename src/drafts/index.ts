import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { draftBelongings, draftsEraser } from './belongings.ts'
import { Drafts } from './drafts.ts'
import { migrations } from './migrations/index.ts'
import { draftRoutes } from './routes.ts'
import type {} from './tables.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly drafts: Drafts
  }
}

/** Keeps the drafts that people write in rooms, the same on all of their devices. */
export const drafts = fp(async (app: FastifyInstance) => {
  await app.migrate('drafts', migrations)
  const all = new Drafts(app.database, app.channelLayer, app.log)
  app.decorate('drafts', all)
  app.belongings.add(...draftBelongings(app))
  app.rooms.deletion.onDelete(draftsEraser(app))
  await app.register(draftRoutes, { drafts: all })
})

export { type DraftChanged, draftsGroup } from './drafts.ts'
export { endDraft } from './end-draft.ts'
export { DraftFrame } from './protocol.ts'
