/** Hands in a room: whoever has something to say raises theirs, and everyone sees how many are up. */
import type { FastifyInstance } from 'fastify'
import { openStreams } from '../../src/streams/index.ts'
import { handsBelongings } from './belongings.ts'
import { handsConsumer } from './consumer.ts'
import { hands as kind } from './hands.ts'
import * as tables from './migrations/001-hands.ts'

/** The feature, as one line in `src/app.ts` registers it: `app.register(hands)`. */
export async function hands(app: FastifyInstance): Promise<void> {
  await app.migrate('hands', { '001-hands': tables })
  const streams = openStreams(app, kind)
  app.belongings.add(handsBelongings(app, streams))
  app.consumer('/ws/hands/:room', handsConsumer(streams))
}
