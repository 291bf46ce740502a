/** A feed of prices that change fifty times a second, shown as often as a person can see. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { requireUser } from '../../src/accounts/index.ts'
import { JsonConsumer } from '../../src/channels/index.ts'
import { type Market, madeUpMarket } from './market.ts'

/** Milliseconds between two frames. */
const EVERY = 250

/** The frames it sends, for the API's documents. */
const welcome = Type.Object({ type: Type.Literal('welcome'), user: Type.String() })
const cents = Type.Record(Type.String(), Type.Integer(), { description: 'what each costs, in cents' })
const sent = Type.Object({ type: Type.Literal('prices'), prices: cents })

/** @param market whose prices are shown; it is subscribed to only while somebody follows them */
export async function ticker(app: FastifyInstance, { market = madeUpMarket() }: { market?: Market }) {
  const followers = new Set<Ticker>()
  let prices = new Map(market.prices())
  /** One object for all who get it, which is encoded once. Each price replaces those before. */
  let latest = frameOf(prices)
  let stop: (() => void) | undefined

  /** Stores nothing, numbers nothing: whoever missed a frame gets the next, in which everything is. */
  class Ticker extends JsonConsumer {
    static override readonly keyScope = 'read'
    static override readonly sends = { ...JsonConsumer.sends, welcome, prices: sent }
    #shown: object | undefined

    override connect(): void {
      followers.add(this)
      stop ??= start()
      this.sendJson({ type: 'welcome', user: this.identity.user.name })
      this.show()
    }

    /** Sends the latest prices, unless they were sent before. Who reads slowly gets those of a later time instead. */
    show(): void {
      if (this.#shown === latest || this.connection.congested) return
      this.#shown = latest
      this.sendJson(latest)
    }

    override disconnect(): void {
      followers.delete(this)
      if (followers.size > 0) return
      stop?.()
      stop = undefined
    }
  }
  app.consumer('/ws/ticker', Ticker)

  function start(): () => void {
    prices = new Map(market.prices())
    latest = frameOf(prices)
    let isShown = true
    const unsubscribe = market.subscribe((name, price) => {
      isShown &&= prices.get(name) === price
      prices.set(name, price)
    })
    // Prices that came in between are never shown. The last one always is, also when no other follows.
    const timer = setInterval(() => {
      if (!isShown) latest = frameOf(prices)
      isShown = true
      for (const follower of followers) follower.show()
    }, EVERY).unref()
    return () => {
      clearInterval(timer)
      unsubscribe()
    }
  }
  app.addHook('onClose', async () => stop?.())

  app.get(
    '/examples/ticker',
    { onRequest: [requireUser, ...app.rateLimits.reading] },
    async (_request, reply) =>
      reply.page('examples/ticker/ticker', { title: 'Prices', prices: market.prices() }),
  )
}

function frameOf(prices: ReadonlyMap<string, number>) {
  return { type: 'prices', prices: Object.fromEntries(prices) }
}
