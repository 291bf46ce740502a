/** A support chat: a visitor without an account asks, and those who are signed in answer. */
import { randomUUID } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { identityOf, requireUser } from '../../src/accounts/index.ts'
import { CloseCode, compileFrames, defineConsumer, FrameId, Text } from '../../src/channels/index.ts'
import { DAY, findChat, messagesAfter, openChat, post, sweep } from './chats.ts'
import * as tables from './migration.ts'

const say = { text: Text(1_000), id: FrameId }
const frames = compileFrames({ say: Type.Object(say) }, 'say')
const message = { rev: Type.Integer(), text: Type.String(), by: Type.Union([Type.String(), Type.Null()]) }
const welcome = { type: Type.Literal('welcome'), user: Type.String(), rev: Type.Integer() }
const said = Type.Object({ type: Type.Literal('message'), ...message })
const sends = { welcome: Type.Object(welcome), message: said }
const COOKIE = 'partyline-support'
const ofCookie = { path: '/', httpOnly: true, sameSite: 'lax', signed: true, maxAge: DAY / 1000 } as const

export async function support(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { channelLayer, database, log } = app
  await app.migrate('support', { '001-support': tables })
  app.jobs.every('sweep-support', 10 * 60_000, () => sweep(database, app.eraseDeleted))

  /** The chat of a visitor, whom a cookie names that we have signed. */
  const ofVisitor = async ({ cookie = '' }: { cookie?: string | undefined }) => {
    const { valid, value } = app.unsignCookie(app.parseCookie(cookie)[COOKIE] ?? '')
    return valid ? findChat(database, { visitor: value }) : undefined
  }
  const numbered = async (id = '') =>
    /^\d{1,15}$/.test(id) ? findChat(database, { id: Number(id) }) : undefined
  const tell = async (chat: number, said: { id: string; text: string }, by: number | null) => {
    await post(database, chat, { ...said, by })
    const told = channelLayer.groupSend(`support.${chat}`, { type: 'support.said' })
    told.catch((error) => log.warn({ err: error }, 'a message was not told of; those who follow will look'))
  }

  /** The layer hints that there is something to read, and what is read has numbers: each message comes once and in order. */
  const follower = (isDesk: boolean) =>
    defineConsumer(
      (socket) => {
        let [chat, rev] = [0, Number(socket.scope.query.get('since')) || 0]
        const look = () => channelLayer.send(socket.channel, { type: 'support.said' })
        let timer: NodeJS.Timeout | undefined
        return {
          async connect() {
            const { headers, params } = socket.scope
            chat = (await (isDesk ? numbered(params.chat) : ofVisitor(headers))) ?? 0
            if (chat === 0) return socket.close(CloseCode.notFound, 'this chat has ended')
            await socket.groupAdd(`support.${chat}`)
            socket.sendJson({ type: 'welcome', user: socket.scope.identity?.user.name ?? '', rev })
            timer = setInterval(() => void look().catch(() => {}), 10_000).unref()
            await look()
          },
          async receiveJson(frame) {
            await tell(chat, frames(frame), isDesk ? socket.identity.user.id : null)
          },
          async 'support.said'() {
            for (const message of await messagesAfter(database, chat, rev)) {
              rev = message.rev
              socket.sendJson({ type: 'message', ...message })
            }
          },
          disconnect: () => clearInterval(timer),
        }
      },
      { name: isDesk ? 'SupportDesk' : 'Support', anonymous: !isDesk, frames, sends },
    )
  app.consumer('/ws/support', follower(false))
  app.consumer('/ws/support/:chat', follower(true))

  const page = async (reply: FastifyReply, chat: number | undefined, path: string, title: string) => {
    const messages = chat === undefined ? [] : await messagesAfter(database, chat, 0)
    const content = { title, chat, path, messages, id: randomUUID(), csrf: reply.csrfToken() }
    return reply.page('examples/support/support', content)
  }
  const [path, desk] = ['/examples/support', '/examples/support/desk']
  const [reading, body] = [app.rateLimits.reading, Type.Object(say)]
  const params = Type.Object({ chat: Type.String() })

  app.get(path, { onRequest: reading }, async (request, reply) =>
    page(reply, await ofVisitor(request.headers), '/ws/support', 'Ask for help'),
  )
  app.post(path, { schema: { body }, onRequest: app.rateLimits.sending }, async (request, reply) => {
    let chat = await ofVisitor(request.headers)
    if (chat === undefined) {
      const visitor = randomUUID()
      chat = await openChat(database, visitor, request.ip)
      reply.setCookie(COOKIE, visitor, { ...ofCookie, secure: request.protocol === 'https' })
    }
    await tell(chat, request.body, null)
    return reply.redirect(path, 303)
  })

  const seeing = [requireUser, ...reading]
  app.get(desk, { onRequest: seeing }, async (_request, reply) => {
    const chats = database.selectFrom('support_chats').select(['id', 'created_at', 'messages'])
    const content = { title: 'Support', chats: await chats.orderBy('id', 'desc').execute() }
    return reply.page('examples/support/desk', content)
  })
  app.get(`${desk}/:chat`, { schema: { params }, onRequest: seeing }, async (request, reply) => {
    const chat = await numbered(request.params.chat)
    return chat ? page(reply, chat, `/ws/support/${chat}`, `Chat ${chat}`) : reply.callNotFound()
  })
  const answering = { schema: { params, body }, onRequest: [requireUser, ...app.rateLimits.sending] }
  app.post(`${desk}/:chat`, answering, async (request, reply) => {
    const chat = await numbered(request.params.chat)
    if (!chat) return reply.callNotFound()
    await tell(chat, request.body, identityOf(request).user.id)
    return reply.redirect(request.url, 303)
  })
}
