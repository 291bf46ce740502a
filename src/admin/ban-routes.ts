import { BlockList } from 'node:net'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import ipaddr from 'ipaddr.js'
import { administratorAddresses } from '../accounts/index.ts'
import { actorOf } from '../audit/index.ts'
import {
  addBan,
  bansNow,
  endBan,
  type Network,
  networkText,
  readNetwork,
  shownNetwork,
  TooManyBans,
} from '../bans/index.ts'
import { addressOf } from '../channels/index.ts'
import { HttpError } from '../web/index.ts'
import { adminPage } from './pages.ts'
import { BanForm, BanParams, EmptyForm } from './protocol.ts'

const HOUR = 60 * 60_000

/** For how long an address can be banned, in milliseconds, as forms name it. */
const BAN_TIMES: Readonly<Record<string, number>> = {
  '1 h': HOUR,
  '1 day': 24 * HOUR,
  '1 week': 7 * 24 * HOUR,
  '30 days': 30 * 24 * HOUR,
  '1 year': 365 * 24 * HOUR,
}

interface BanFields {
  readonly address: string
  readonly time: string
  readonly reason: string
  readonly error: string | null
}

const emptyBan: BanFields = { address: '', time: '1 day', reason: '', error: null }

/** `/admin/bans`: addresses from which nobody comes in for a time. */
export async function banRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { bans, database, rateLimits } = app
  const path = '/admin/bans'

  app.get(path, { onRequest: rateLimits.reading }, (_request, reply) => bansPage(reply, emptyBan))

  app.post(path, { schema: { body: BanForm }, onRequest: rateLimits.sending }, async (request, reply) => {
    const { address = '', for: time = '', reason = '' } = request.body
    const entered = { address: shortened(address), time, reason: shortened(reason) }
    const refused = (error: string) => bansPage(reply.code(400), { ...entered, error })
    const network = readNetwork(address)
    if (typeof network === 'string') return refused(network)
    const milliseconds = Object.hasOwn(BAN_TIMES, time) ? BAN_TIMES[time] : undefined
    if (milliseconds === undefined) return refused('Choose how long.')
    if (holds(network, [addressOf(request)])) return refused('That includes your own address.')
    if (holds(network, await administratorAddresses(database)))
      return refused('An administrator was signed in from there in the last 30 days.')
    try {
      const expiresAt = new Date(Date.now() + milliseconds).toISOString()
      await addBan(database, { network: networkText(network), reason, expiresAt }, actorOf(request))
    } catch (error) {
      if (error instanceof TooManyBans) return refused(error.message)
      throw error
    }
    await bans.changed()
    return reply.redirect(path, 303)
  })

  app.post(
    `${path}/:id/end`,
    { schema: { params: BanParams, body: EmptyForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      if (!(await endBan(database, request.params.id, actorOf(request)))) throw noSuchBan()
      await bans.changed()
      return reply.redirect(path, 303)
    },
  )

  async function bansPage(reply: FastifyReply, ban: BanFields): Promise<FastifyReply> {
    return adminPage(reply, path, 'bans', {
      title: 'Bans',
      bans: (await bansNow(database)).map((one) => ({ ...one, network: shownNetwork(one.network) })),
      ban,
      times: Object.keys(BAN_TIMES),
    })
  }
}

/** Tells whether one of these addresses is in a network. */
function holds({ address, bits, family }: Network, addresses: readonly string[]): boolean {
  const list = new BlockList()
  list.addSubnet(address, bits, family)
  return addresses.some((one) => {
    if (!ipaddr.isValid(one)) return false
    const parsed = ipaddr.process(one)
    return list.check(parsed.toString(), parsed.kind())
  })
}

/** The text that was typed, as the form gives it back. */
function shortened(typed: string): string {
  return typed.slice(0, 200).replaceAll('\0', '').toWellFormed()
}

function noSuchBan(): HttpError {
  return new HttpError(404, 'There is no such ban', 'It may have ended.', undefined, 'not_found')
}
