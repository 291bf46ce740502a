/**
 * An event that travels through a layer: JSON with a `type` that names its handler. Receivers share it and must not
 * change it.
 */
export interface ChannelEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** Takes one event, at once and without throwing. Returns false if its queue is full and the event was dropped. */
export type Receive = (event: ChannelEvent) => boolean

/** Handles one task. If it throws, that is logged, and the task is not tried again. */
export type HandleTask = (task: ChannelEvent) => void | Promise<void>

/** A worker that takes tasks. */
export interface Work {
  /** Takes no further tasks. Resolves when the current one is done. */
  stop(): Promise<void>
}

/**
 * Carries events between the consumers of one or many processes, as in Django Channels.
 *
 * It promises little, so that any transport can keep the promise: an event arrives at most once, events of one publisher
 * arrive in order, and a receiver that is slow or full loses its own events and nobody else's. What must not be lost belongs
 * in the database; an event only says that something changed there.
 *
 * Names of channels and groups match `[A-Za-z0-9._-]{1,99}`; other names throw a `TypeError`.
 */
export interface ChannelLayer {
  /** Makes a channel in this process, and returns its name. */
  newChannel(receive: Receive): string
  /** Removes a channel, also from its groups. */
  closeChannel(channel: string): Promise<void>
  /**
   * Sends to one channel, in whichever process it is. It is not an error if a channel made by `newChannel` is gone; any other
   * name is a channel of workers, and the event waits for one of them.
   * @throws ChannelFull if the channel is in this process and its queue is full (in another process the event is lost), or if
   *   a thousand events are waiting for workers; another error if the event cannot be queued for workers
   */
  send(channel: string, event: ChannelEvent): Promise<void>
  /**
   * Handles what is sent to a channel with a chosen name. Each event is handled at most once, by one of the workers of all
   * processes; each worker handles one at a time. Events that nobody takes are dropped after a minute.
   * @throws TypeError for a name of the kind that `newChannel` returns
   */
  work(channel: string, handle: HandleTask): Promise<Work>
  /**
   * Resolves when no event of the group can be missed any more, or, if other processes cannot be reached, no event of this
   * process. Adding twice is the same as adding once.
   */
  groupAdd(group: string, channel: string): Promise<void>
  groupDiscard(group: string, channel: string): Promise<void>
  /** Sends to every member, except those whose queue is full. */
  groupSend(group: string, event: ChannelEvent): Promise<void>
  /** Like `groupSend`, but only for the members in this process. */
  groupSendLocal(group: string, event: ChannelEvent): Promise<void>
  /** Forgets which groups this process's channels are in, and what is in progress; the channels stay. */
  flush(): Promise<void>
  /**
   * Closes the layer, within a second even if Redis is away, or within five seconds if a worker is still busy. Nothing more
   * is delivered.
   */
  close(): Promise<void>
  /** Tells whether events reach the other processes now. */
  connected(): boolean
  /** Calls back whenever events may have been missed, so that what matters can be read again. */
  onReconnect(listener: () => void): void
}

/** Thrown when the queue of a channel is full, and the event was not accepted. */
export class ChannelFull extends Error {
  constructor(channel: string) {
    super(`the queue of channel ${channel} is full`)
  }
}

/** @throws TypeError for a name that not every layer could carry. */
export function checkName(name: string): void {
  if (!/^[A-Za-z0-9._-]{1,99}$/.test(name)) {
    throw new TypeError(
      `${JSON.stringify(name)} is not a valid name of a channel or group: 1 to 99 of A-Z a-z 0-9 . _ -`,
    )
  }
}

/** Reads an event from JSON. @throws if it is not an event */
export function readEvent(text: string): ChannelEvent {
  const event: unknown = JSON.parse(text)
  if (typeof event !== 'object' || event === null || !('type' in event) || typeof event.type !== 'string')
    throw new TypeError('an event is an object with a type')
  return event as ChannelEvent
}

/**
 * Tells channels that `newChannel` made from those with chosen names. Both kinds of layer use it, so that an application can
 * switch from one to the other.
 */
export function isMadeName(channel: string): boolean {
  return /^(memory|[\w-]{16})\.\d+$/.test(channel)
}

/** @throws TypeError for an invalid name, or one of the kind that a layer gives to the channels it makes */
export function checkChosenName(channel: string): void {
  checkName(channel)
  if (isMadeName(channel))
    throw new TypeError(
      `${channel} is a name of the kind that a layer gives its own channels: choose another`,
    )
}
