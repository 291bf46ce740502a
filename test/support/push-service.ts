import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { Test } from 'tap'
import { freePort } from './ports.ts'

interface TestingServer {
  readonly _server: Server
  startServer(): void
}

const require = createRequire(import.meta.url)
const Testing: new (model: object, port: number) => TestingServer = require('web-push-testing/src/server.js')
const { PushApiModel }: { PushApiModel: new () => object } = require('web-push-testing/src/PushApiModel.js')

/** A subscription, as a browser gives it to a page that asks for notifications. */
export interface BrowserSubscription {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
  readonly clientHash: string
}

/** A push service with browsers, which decrypts messages and checks their sender. */
export interface PushService {
  /** As an address names it, for `WEBHOOK_HOSTS`. */
  readonly host: string
  subscribe(key: string): Promise<BrowserSubscription>
  /** Cancels the subscription of the browser. */
  expire(subscription: BrowserSubscription): Promise<void>
  /** Messages that a browser was sent, decrypted. */
  pushed(subscription: BrowserSubscription): Promise<Record<string, unknown>[]>
}

export async function startPushService(t: Test): Promise<PushService> {
  const port = await freePort()
  const server = new Testing(new PushApiModel(), port)
  const { log } = console
  // It prints that it runs, which would not be TAP.
  console.log = () => {}
  server.startServer()
  await new Promise((resolve) => server._server.once('listening', () => setImmediate(resolve)))
  console.log = log
  t.teardown(() => server._server.close())
  const host = `localhost:${port}`
  async function ask(path: string, body: object): Promise<unknown> {
    const answer = await fetch(`http://${host}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
    return text.startsWith('{') ? JSON.parse(text).data : undefined
  }
  return {
    host,
    subscribe: async (applicationServerKey) =>
      (await ask('/subscribe', { userVisibleOnly: 'true', applicationServerKey })) as BrowserSubscription,
    async expire({ clientHash }) {
      await ask(`/expire-subscription/${clientHash}`, {})
    },
    async pushed({ clientHash }) {
      const found = (await ask('/get-notifications', { clientHash })) as { messages: string[] }
      return found.messages.map((message) => JSON.parse(message))
    },
  }
}
