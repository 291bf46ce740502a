/** The public interface of the real-time core. Nothing outside `channels/` imports anything else from it. */
export type { ChannelsOptions } from './channels-options.ts'
export {
  Consumer,
  type ConsumerClass,
  type ConsumerSetup,
  type Handles,
  JsonConsumer,
  outOfScope,
  type Receives,
  type ReceivesOther,
  type SentFrames,
} from './consumers/consumer.ts'
export {
  type ConsumerFunction,
  type ConsumerFunctionOptions,
  defineConsumer,
  type Handlers,
} from './consumers/define-consumer.ts'
export { ErrorFrame, FRAME_ERRORS, FrameError, type FrameErrorCode } from './consumers/errors.ts'
export { FeedConsumer, ResetFrame, WelcomeFrame } from './consumers/feed-consumer.ts'
export {
  compileFrames,
  type FrameCheck,
  FrameId,
  type FrameOf,
  Text,
  wellFormed,
} from './consumers/frames.ts'
export { HttpConsumer, type HttpConsumerClass, type HttpConsumerSetup } from './consumers/http-consumer.ts'
export { type About, PresenceConsumer, PresenceFrame } from './consumers/presence-consumer.ts'
export {
  type ClientScope,
  type ClientScopes,
  type Identity,
  permits,
  type RequiredScope,
  type Scope,
  type ScopeUser,
} from './consumers/scope.ts'
export { hasVisible } from './consumers/visible.ts'
export type { EventStream } from './event-streams/event-stream.ts'
export type { HttpFollowing } from './event-streams/http-feeds.ts'
export type { Change, FeedSource, Standing } from './feed/feed-source.ts'
export { Feeds } from './feed/feeds.ts'
export { type ChannelEvent, ChannelFull, type ChannelLayer } from './layers/layer.ts'
export { MemoryLayer } from './layers/memory.ts'
export { type LayerOptions, openLayer } from './layers/open-layer.ts'
export { RedisLayer } from './layers/redis.ts'
export type { LiveState } from './live/live-state.ts'
export type { LiveChanged, LiveOptions } from './live/open-live-state.ts'
export type { Presence, PresenceChanged, PresenceListener } from './live/presence.ts'
export { channels } from './plugin.ts'
export { readRedisAddress } from './redis/address.ts'
export { openRedis } from './redis/client.ts'
export type { Budget } from './sockets/budget.ts'
export { CLOSE_REASONS, CloseCode } from './sockets/close-codes.ts'
export type { ClosedConnection, ConnectionInfo } from './sockets/connection-list.ts'
export { eventLoopUtilization } from './sockets/event-loop-utilization.ts'
export { encodeJson, encodeText } from './sockets/framing.ts'
export { isLogged } from './sockets/logged-errors.ts'
export { addressOf, networkOf } from './sockets/network.ts'
export type { RefusedHandshake } from './sockets/refused-handshakes.ts'
export type { ConnectionKey, Sockets } from './sockets/sockets.ts'
export { type Spender, spenderOf } from './sockets/spender.ts'
export { type Communicator, ConnectionClosed, communicate } from './testing/communicator.ts'
export type { Span, SpanAttributes, SpanOptions, Tracing } from './tracing.ts'
export { Worker, type WorkerClass, type WorkerFunction, type WorkerSetup } from './workers/worker.ts'
