/**
 * An event that travels through a layer: JSON with a `type` that names its handler. Receivers share it and must not
 * change it.
 */
export interface ChannelEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** Takes one event, at once and without throwing; false when its queue is full and the event was dropped. */
export type Receive = (event: ChannelEvent) => boolean

/** Handles one task. What it throws is logged, and the task is not tried again. */
export type HandleTask = (task: ChannelEvent) => void | Promise<void>

/** A worker that takes tasks. */
export interface Work {
  /** Takes no further task. Resolves when the one that is being handled is done. */
  stop(): Promise<void>
}

/**
 * Carries events between the consumers of one or many processes, as in Django Channels.
 *
 * It promises little, so that any transport can keep it: an event arrives at most once, events of one publisher arrive
 * in order, and a receiver that is slow or full loses its own events and nobody else's. What must not be lost is in the
 * database; an event only says that something changed there.
 *
 * Names of channels and groups match `[A-Za-z0-9._-]{1,99}`; others are a `TypeError`.
 */
export interface ChannelLayer {
  /** Makes a channel of this process, and its name. */
  newChannel(receive: Receive): string
  /** Forgets a channel and takes it out of its groups. */
  closeChannel(channel: string): Promise<void>
  /**
   * Sends to one channel, in whichever process it is. One that `newChannel` made and that is gone is no error; any other name is a
   * channel of workers, and the event waits for one of them.
   * @throws ChannelFull when the channel is of this process and its queue is full (in another the event is lost), or when a
   *   thousand events wait for workers; another error when the event cannot be put where workers look for it
   */
  send(channel: string, event: ChannelEvent): Promise<void>
  /**
   * Takes what is sent to a channel with a name of one's choice: each event is handled once, at most, by one of those who work
   * there, in all processes; one at a time by each of them. What nobody takes is forgotten after a minute.
   * @throws TypeError for a name such as `newChannel` gives
   */
  work(channel: string, handle: HandleTask): Promise<Work>
  /**
   * Resolves when no event of the group is missed any more, or, where other processes cannot be reached, none of this
   * process. Adding twice is the same as adding once.
   */
  groupAdd(group: string, channel: string): Promise<void>
  groupDiscard(group: string, channel: string): Promise<void>
  /** Sends to every member; those whose queue is full miss it. */
  groupSend(group: string, event: ChannelEvent): Promise<void>
  /** Does what `groupSend` does, for the members in this process alone. */
  groupSendLocal(group: string, event: ChannelEvent): Promise<void>
  /** Forgets what groups this process's channels are in, and what it has under way; the channels stay. */
  flush(): Promise<void>
  /** Ends, within a second whatever is away, or in five where a worker is still at a task. Nothing is delivered any more. */
  close(): Promise<void>
  /** Tells whether events reach the other processes now. */
  connected(): boolean
  /** Calls back whenever events may have been missed: what matters should be read again. */
  onReconnect(listener: () => void): void
}

/** The queue of a channel is full and the event was not taken. */
export class ChannelFull extends Error {
  constructor(channel: string) {
    super(`the queue of channel ${channel} is full`)
  }
}

/** @throws TypeError for a name that not every layer could carry. */
export function checkName(name: string): void {
  if (!/^[A-Za-z0-9._-]{1,99}$/.test(name)) {
    throw new TypeError(
      `${JSON.stringify(name)} is no name of a channel or group: 1 to 99 of A-Z a-z 0-9 . _ -`,
    )
  }
}

/** Reads an event that came as JSON. @throws when it is none */
export function readEvent(text: string): ChannelEvent {
  const event: unknown = JSON.parse(text)
  if (typeof event !== 'object' || event === null || !('type' in event) || typeof event.type !== 'string')
    throw new TypeError('an event is an object with a type')
  return event as ChannelEvent
}

/**
 * Tells the channels that `newChannel` made from those whose names somebody chose. Both kinds of layer go by it, so that an
 * application may change from one to the other.
 */
export function isMadeName(channel: string): boolean {
  return /^(memory|[\w-]{16})\.\d+$/.test(channel)
}

/** @throws TypeError for a name that is none, or that a layer gives to the channels it makes */
export function checkChosenName(channel: string): void {
  checkName(channel)
  if (isMadeName(channel))
    throw new TypeError(`${channel} is how a layer calls the channels that it makes: choose another name`)
}
