/** A support chat: a visitor without an account asks, and administrators answer. */
import { randomUUID } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { identityOf, requireAdministrator, requireUser } from '../../src/accounts/index.ts'
import { addressOf, CloseCode, defineConsumer, FrameId, Text } from '../../src/channels/index.ts'
import { allChats, DAY, findChat, messagesAfter, type NewMessage, openChat, post, sweep } from './chats.ts'
import * as tables from './migration.ts'

const say = { text: Text(1_000), id: FrameId }
const [number, text, sent] = [Type.Integer(), Type.String(), Type.Literal]
const sends = {
  welcome: Type.Object({ type: sent('welcome'), user: text, rev: number }),
  message: Type.Object({ type: sent('message'), rev: number, text, by: Type.Union([text, Type.Null()]) }),
  chat: Type.Object({ type: sent('chat'), id: number, at: text, messages: number }),
}
const COOKIE = 'partyline-support'
const ofCookie = { path: '/', httpOnly: true, sameSite: 'lax', signed: true, maxAge: DAY / 1000 } as const
/** The number of no chat: whoever follows it is at the desk, and hears of all of them. */
const DESK = 0
const atDesk = async () => DESK
type Place = { headers: { cookie?: string | undefined }; params: { chat?: string | undefined } }

export async function support(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { channelLayer, database, log } = app
  await app.migrate('support', { '001-support': tables })
  app.jobs.every('sweep-support', 10 * 60_000, () => sweep(database, app.eraseDeleted))

  /** The chat that an address names, or that of a visitor, whom a cookie names that we have signed. */
  const chatOf = async ({ headers: { cookie = '' }, params: { chat } }: Place) => {
    if (chat) return /^\d{1,15}$/.test(chat) ? findChat(database, { id: Number(chat) }) : undefined
    const { valid, value } = app.unsignCookie(app.parseCookie(cookie)[COOKIE] ?? '')
    return valid ? findChat(database, { visitor: value }) : undefined
  }
  const tell = async (chat: number, message: NewMessage) => {
    await post(database, chat, message)
    const told = [chat, DESK].map((one) => channelLayer.groupSend(`support.${one}`, { type: 'support.said' }))
    Promise.all(told).catch((err) => log.warn({ err }, 'a message was not told of, and is found later'))
  }

  /** The layer hints that there is something to read, and what is read has numbers: each message comes once and in order. */
  const follower = (isStaff: boolean, find: (place: Place) => Promise<number | undefined> = chatOf) =>
    defineConsumer(
      (socket) => {
        let [chat, rev] = [DESK, Number(socket.scope.query.get('since')) || 0]
        let told = new Map<number, number>()
        let timer: NodeJS.Timeout | undefined
        const look = () => channelLayer.send(socket.channel, { type: 'support.said' })
        /** A role can end while its person is connected. */
        const mayFollow = () => !isStaff || socket.identity.user.administrator
        const leave = () => socket.close(CloseCode.notFound, 'there is no such chat')
        return {
          async connect() {
            const found = await find(socket.scope)
            if (found === undefined || !mayFollow()) return leave()
            chat = found
            await socket.groupAdd(`support.${chat}`)
            socket.sendJson({ type: 'welcome', user: socket.scope.identity?.user.name ?? '', rev })
            timer = setInterval(() => void look().catch(() => {}), 10_000).unref()
            await look()
          },
          async 'support.said'() {
            if (!mayFollow()) return leave()
            const chats = chat === DESK ? await allChats(database) : []
            const changed = chats.filter(({ id, messages }) => told.get(id) !== messages)
            for (const one of changed) socket.sendJson({ type: 'chat', ...one })
            told = new Map(chats.map(({ id, messages }) => [id, messages]))
            for (const message of await messagesAfter(database, chat, rev)) {
              rev = message.rev
              socket.sendJson({ type: 'message', ...message })
            }
          },
          disconnect: () => clearInterval(timer),
        }
      },
      { name: isStaff ? 'SupportDesk' : 'Support', anonymous: !isStaff, sends },
    )
  app.consumer('/ws/support', follower(false))
  app.consumer('/ws/support/:chat', follower(true))
  app.consumer('/ws/support/desk', follower(true, atDesk))

  const desk = '/examples/support/desk'
  const { reading, sending } = app.rateLimits
  const [params, body] = [Type.Object({ chat: Type.Optional(text) }), Type.Object(say)]
  const staff = [requireUser, requireAdministrator]

  app.get(desk, { onRequest: [...staff, ...reading] }, async (_request, reply) =>
    reply.page('examples/support/desk', { title: 'Support', chats: await allChats(database) }),
  )
  for (const isStaff of [false, true]) {
    const [path, guards] = isStaff ? [`${desk}/:chat`, staff] : ['/examples/support', []]
    const seeing = [...guards, ...reading]
    const saying = [...guards, ...sending]
    app.get(path, { schema: { params }, onRequest: seeing }, async (request, reply) => {
      const chat = await chatOf(request)
      if (isStaff && !chat) return reply.callNotFound()
      const messages = chat ? await messagesAfter(database, chat, 0) : []
      const title = isStaff ? `Chat ${chat}` : 'Ask for help'
      const content = { title, chat, isStaff, messages, id: randomUUID(), csrf: reply.csrfToken() }
      return reply.page('examples/support/support', content)
    })
    app.post(path, { schema: { params, body }, onRequest: saying }, async (request, reply) => {
      let chat = await chatOf(request)
      if (isStaff && !chat) return reply.callNotFound()
      if (!chat) {
        const visitor = randomUUID()
        chat = await openChat(database, visitor, addressOf(request))
        reply.setCookie(COOKIE, visitor, { ...ofCookie, secure: request.protocol === 'https' })
      }
      await tell(chat, { ...request.body, by: isStaff ? identityOf(request).user.id : null })
      return reply.redirect(request.url, 303)
    })
  }
}
