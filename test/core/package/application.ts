// The same core as TypeScript sees it: this file is type-checked, and not run.
import Fastify from 'fastify'
import {
  type ChannelEvent,
  type ChannelLayer,
  channels,
  compileFrames,
  type Handles,
  JsonConsumer,
  type Receives,
  Text,
  Worker,
} from 'partyline-channels'
import { Type } from 'typebox'

const frames = compileFrames({ cheer: Type.Object({ text: Text(100) }) }, 'cheer')
type Frame = ReturnType<typeof frames>
type Cheered = { readonly type: 'stadium.cheered'; readonly name: string; readonly text: string }

class Stadium extends JsonConsumer implements Receives<Frame>, Handles<Cheered> {
  static override readonly frames = frames

  override async connect(): Promise<void> {
    await this.groupAdd('stadium')
  }

  async receiveCheer({ text }: Frame): Promise<void> {
    const { name } = this.identity.user
    await this.app.channelLayer.groupSend('stadium', { type: 'stadium.cheered', name, text })
  }

  'stadium.cheered'(event: Cheered): void {
    this.sendJson(event)
  }
}

class Counter extends Worker {
  'count.one'(event: ChannelEvent): void {
    this.log.info({ event }, 'one more')
  }
}

const app = Fastify()
await app.register(channels, { identify: () => ({ session: { id: '1' }, user: { id: 1, name: 'ada' } }) })
app.consumer('/ws/stadium', Stadium)
app.consumer('/ws/echo', (socket) => ({ receive: (text) => socket.send(text) }))
app.worker('counter', Counter)
const layer: ChannelLayer = app.channelLayer
await layer.send('counter', { type: 'count.one' })
// @ts-expect-error: an event has a type
await layer.groupSend('stadium', { text: 'hooray' })
