import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { addressOf, CloseCode } from '../channels/index.ts'
import { repeat } from '../repeat.ts'
import { isLogged } from '../storage/index.ts'
import { HttpError } from '../web/index.ts'
import { BanList } from './ban-list.ts'
import { bansNow, bansState } from './bans.ts'
import { migrations } from './migrations/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly bans: Bans
  }
}

export interface Bans {
  /**
   * Has all processes look the bans up. To be called when one was added or ended; when it resolves, this process knows of it. It
   * never rejects.
   */
  changed(): Promise<void>
}

/** The layer's group on which processes tell each other that there is something to look up. */
const GROUP = 'bans'

/** Milliseconds between two looks, in case the layer lost an event. */
const LOOK_INTERVAL = 1_000

/** Milliseconds after a change for which sockets are looked through: some may have been on their way in. */
const SWEEP_FOR = 10_000

/**
 * Keeps out who comes from a banned address: pages and programs get 403, as do sockets that are to be opened, and those that are
 * open end with 4003 within two seconds in every process, whether or not the layer works. What was registered above, and routes
 * with `always`, go on.
 */
export const bans = fp(async (app: FastifyInstance) => {
  const { channelLayer, database, log } = app
  await app.migrate('bans', migrations)
  const list = new BanList()
  let state = ''
  let sweepUntil = 0
  let looking: Promise<void> | undefined

  /** One look at a time; a call while one is under way gets one that begins after it. */
  async function look(): Promise<void> {
    const before = looking
    const mine = (before?.catch(() => {}) ?? Promise.resolve()).then(lookNow)
    looking = mine
    await mine.finally(() => {
      if (looking === mine) looking = undefined
    })
  }

  async function lookNow(): Promise<void> {
    const now = await bansState(database)
    if (now !== state) {
      list.replace(await bansNow(database))
      state = now
      sweepUntil = performance.now() + SWEEP_FOR
    }
    if (!list.isEmpty && performance.now() < sweepUntil) closeSockets()
  }

  function closeSockets(): void {
    const banned = app.sockets.newest(Number.MAX_SAFE_INTEGER, ({ address }) => isBanned(address))
    for (const { number } of banned) app.sockets.close(number, CloseCode.forbidden, 'this address is banned')
  }

  function isBanned(address: string): boolean {
    return list.bannedUntil(address) !== undefined
  }

  const complain = (error: unknown) => {
    if (!isLogged(error))
      log.warn({ err: error }, 'the bans could not be looked up; this will be tried again')
  }
  await look()
  const channel = channelLayer.newChannel(() => {
    look().catch(complain)
    return true
  })
  await channelLayer.groupAdd(GROUP, channel)
  const looks = repeat(LOOK_INTERVAL, complain, look)
  // Not waited for: a database that hangs would keep the server.
  app.addHook('onClose', async () => void looks.stop())

  app.decorate('bans', {
    async changed() {
      channelLayer
        .groupSend(GROUP, { type: 'bans.changed' })
        .catch((error) =>
          log.warn({ err: error }, 'other processes were not told of bans; they will find out themselves'),
        )
      await look().catch(complain)
    },
  })

  app.addHook('onRequest', async (request) => {
    if (list.isEmpty || request.routeOptions.config.always) return
    const until = list.bannedUntil(addressOf(request))
    if (until === undefined) return
    throw new HttpError(
      403,
      'Your address is banned',
      ['The ban ends at ', { at: until }, '. If you think this is a mistake, ask whoever runs this server.'],
      undefined,
      'forbidden',
    )
  })
})

export { addBan, bansNow, endBan, MAXIMUM_BANS, TooManyBans } from './bans.ts'
export { type Network, networkText, readNetwork, shownNetwork } from './networks.ts'
