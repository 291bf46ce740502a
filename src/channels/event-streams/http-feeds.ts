import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Identity, type Scope, type ScopeUser, scopeOf } from '../consumers/scope.ts'
import type { Feed } from '../feed/feed.ts'
import type { Follower } from '../feed/feed-options.ts'
import type { Change } from '../feed/feed-source.ts'
import type { Feeds } from '../feed/feeds.ts'
import { type Place, readPlace } from '../feed/place.ts'
import type { ChannelMetrics } from '../metrics.ts'
import { CloseCode } from '../sockets/close-codes.ts'
import type { ConnectionLimits } from '../sockets/connection-limits.ts'
import type { Connections, Peer } from '../sockets/connections.ts'
import { encodeJson } from '../sockets/framing.ts'
import { isLogged } from '../sockets/logged-errors.ts'
import { nextNumber, presentSecond } from '../sockets/tracked.ts'
import { Afterwards } from './afterwards.ts'
import { EventStream } from './event-stream.ts'
import { LongPoll } from './long-poll.ts'
import { type Refusal, refuse } from './refusal.ts'

/** A feed to follow, and how. */
export interface HttpFollowing<Changed extends Change> {
  readonly feeds: Feeds<Changed>
  readonly stream: number
  /** The name of its connections in metrics. */
  readonly label: string
  /** More fields of the welcome. */
  readonly about: Readonly<Record<string, unknown>>
  /** Seconds for which one answer waits for a change; undefined: the answer is a stream of events. */
  readonly wait: number | undefined
  /**
   * Called before anything is sent.
   * @param person returns them as they are when it is called
   * @param end ends the connection, now or later
   * @returns what is called when the connection has ended
   */
  attend(person: () => ScopeUser, end: (code: number, reason: string) => void): Promise<() => void>
}

export interface HttpFeedsOptions {
  readonly connections: Connections
  readonly limits: ConnectionLimits
  readonly metrics: ChannelMetrics
  readonly identify: (request: FastifyRequest) => Identity | null
  /**
   * Tells why somebody may not open another connection now, if they may not.
   * @param isBrief whether the connection ends with its first answer
   */
  readonly refusal: (identity: Identity | null, address: string, isBrief: boolean) => Refusal | undefined
}

export interface HttpPeer extends Peer {
  /** Frames that it was sent. */
  readonly framesOut: number
  /** The code that it was closed with; undefined: its answer is complete. */
  readonly closeCode: number | undefined
  cut(): void
}

/** A connection that is being opened. */
interface Opening<Changed extends Change> {
  readonly reply: FastifyReply
  readonly scope: Scope
  readonly feed: Feed<Changed>
  readonly following: HttpFollowing<Changed>
  /** The client's own place in the feed, and the history of the feed in which that was looked up. */
  readonly place: Pick<Place, 'since'> & { readonly history: number }
  /** The client has to load the history instead. */
  readonly missed: boolean
  /** Runs when it has ended. */
  readonly afterwards: Afterwards
  /** Registers it with those who can end it. */
  readonly made: (peer: HttpPeer) => void
}

/**
 * Feeds for programs without sockets: Server-Sent Events, or one answer by long polling. As on a socket, each change arrives
 * once, in order and without gaps, and the same limits and endings apply.
 */
export class HttpFeeds {
  readonly #options: HttpFeedsOptions
  readonly #peers = new Set<HttpPeer>()

  constructor(options: HttpFeedsOptions) {
    this.#options = options
  }

  /** Answers a request. @throws what `attend` and reading throw, before anything is sent */
  async follow<Changed extends Change>(
    request: FastifyRequest,
    reply: FastifyReply,
    following: HttpFollowing<Changed>,
  ): Promise<FastifyReply> {
    const identity = this.#options.identify(request)
    if (!identity) return refuse(reply, { code: CloseCode.signedOut, reason: 'not signed in' })
    const scope = scopeOf(request, identity)
    const afterwards = new Afterwards()
    let peer: HttpPeer | undefined
    let ended: Refusal | undefined
    try {
      const leave = await following.attend(
        () => scope.identity?.user ?? identity.user,
        (code, reason) => {
          ended = { code, reason }
          peer?.close(code, reason)
        },
      )
      afterwards.defer(leave)
      const feed = await following.feeds.open(following.stream)
      afterwards.defer(() => following.feeds.release(feed))
      const lastEventId = request.headers['last-event-id']
      const { since, newest } = readPlace(scope.query, lastEventId?.toString())
      const { history } = feed
      const missed = since !== undefined && (await feed.outOfReach(since, newest))
      // From here on, everything happens in one turn, so that no limit is exceeded and no end goes unnoticed.
      const isBrief = following.wait !== undefined
      const refusal = ended ?? this.#options.refusal(identity, scope.client.address, isBrief)
      if (refusal || reply.raw.destroyed) {
        afterwards.run()
        return refuse(reply, refusal ?? { code: CloseCode.internalError, reason: 'the client is gone' })
      }
      const made = (its: HttpPeer) => {
        peer = its
      }
      const place = { since, history }
      const opening = { reply, scope, feed, following, place, missed, afterwards, made }
      return following.wait === undefined ? this.#stream(opening) : await this.#poll(opening, following.wait)
    } catch (error) {
      afterwards.run()
      throw error
    }
  }

  /**
   * Answers a request with a stream of events that does not follow a feed: the caller sends them.
   * @param label the name of its connections in metrics
   * @param ended called once, when it has ended
   * @returns undefined if it is refused: the request has then been answered
   */
  open(
    request: FastifyRequest,
    reply: FastifyReply,
    label: string,
    ended: () => void,
  ): EventStream | undefined {
    return this.admit(request, reply, label, () => this.#eventStream(reply, label), ended)
  }

  /**
   * Answers a request with a connection of another kind, which is counted with the others and ends as they do.
   * @param make makes it from the answer, if it is admitted
   * @param ended called once, when it has ended
   * @returns undefined if it is refused: the request has then been answered
   */
  admit<Made extends HttpPeer>(
    request: FastifyRequest,
    reply: FastifyReply,
    label: string,
    make: () => Made,
    ended: () => void,
    isForAnyone = false,
  ): Made | undefined {
    const identity = this.#options.identify(request)
    const scope = scopeOf(request, identity)
    const refusal =
      identity || isForAnyone
        ? this.#options.refusal(identity, scope.client.address, false)
        : { code: CloseCode.signedOut, reason: 'not signed in' }
    if (refusal) {
      refuse(reply, refusal)
      return undefined
    }
    const afterwards = new Afterwards()
    afterwards.defer(ended)
    const peer = make()
    this.#count(peer, label, scope, afterwards)
    reply.raw.once('close', () => afterwards.run())
    return peer
  }

  /** Cuts off those that are still connected. */
  cutOff(): void {
    for (const peer of this.#peers) peer.cut()
  }

  #stream<Changed extends Change>(opening: Opening<Changed>): FastifyReply {
    const { reply, scope, feed, following, missed } = opening
    const { since, history } = opening.place
    const stream = this.#eventStream(reply, following.label)
    this.#begin(stream, opening)
    // What it had before: a client whose connection breaks now has to come back for all after that.
    const had = since === undefined ? feed.rev : since < Number.MAX_SAFE_INTEGER ? since : undefined
    stream.welcome(
      { type: 'welcome', ...following.about, user: scope.identity?.user.name, rev: feed.rev },
      had,
    )
    if (missed) stream.send(encodeJson({ type: 'reset', rev: feed.rev }))
    feed.follow(stream, missed ? undefined : since, history).catch((error) => {
      if (!isLogged(error)) reply.log.error({ err: error }, 'what a connection had missed could not be read')
      stream.close(CloseCode.internalError, 'server error')
    })
    return reply
  }

  #eventStream(reply: FastifyReply, label: string): EventStream {
    const { limits, metrics, connections } = this.#options
    const frames = metrics.frames(label)
    return new EventStream(hijack(reply), limits, {
      sent: (events) => {
        frames.sent.count += events
      },
      evicted: (reason) => metrics.evictions.inc({ reason }),
      filled: () => connections.relieve(limits.personBuffer, performance.now()),
    })
  }

  async #poll<Changed extends Change>(opening: Opening<Changed>, wait: number): Promise<FastifyReply> {
    const { reply, feed, following, missed } = opening
    const { since, history } = opening.place
    const poll = new LongPoll(missed ? feed.rev : (since ?? feed.rev))
    this.#begin(poll, opening)
    reply.raw.once('close', () => poll.cut())
    if (missed) poll.send(encodeJson({ type: 'reset', rev: feed.rev }))
    try {
      await feed.follow(poll, missed ? undefined : since, history)
      poll.caughtUp(wait * 1_000)
      const answer = await poll.answered
      if (typeof answer !== 'string') return refuse(reply, answer)
      this.#options.metrics.frames(following.label).sent.count += 1
      return reply.type('application/json; charset=utf-8').send(answer)
    } finally {
      poll.cut()
      opening.afterwards.run()
    }
  }

  /** Counts and monitors the connection until it has ended. */
  #begin<Changed extends Change>(peer: Follower & HttpPeer, opening: Opening<Changed>): void {
    const { feed, following, scope, afterwards, made, reply } = opening
    made(peer)
    this.#count(peer, following.label, scope, afterwards)
    afterwards.defer(() => feed.unfollow(peer))
    if (following.wait === undefined) reply.raw.once('close', () => afterwards.run())
  }

  /** Counts a connection among the others, which end it when its session does, until `afterwards`. */
  #count(peer: HttpPeer, label: string, scope: Scope, afterwards: Afterwards): void {
    const { connections, metrics } = this.#options
    this.#peers.add(peer)
    connections.add(peer, {
      number: nextNumber(),
      scope,
      consumer: label,
      openedAt: presentSecond(),
      framesIn: 0,
      get framesOut() {
        return peer.framesOut
      },
      lastError: undefined,
    })
    metrics.connections.inc({ consumer: label })
    afterwards.defer(() => {
      this.#peers.delete(peer)
      connections.delete(peer, peer.closeCode)
      connections.ended()
      metrics.connections.dec({ consumer: label })
    })
  }
}

/** Takes an answer over from Fastify, with the headers set so far, which are then no longer sent automatically. */
export function hijack(reply: FastifyReply): ServerResponse {
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value)
  return reply.raw
}
