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
   * Sends to one channel, in whichever process it is. An unknown channel is no error.
   * @throws ChannelFull when the channel is of this process and its queue is full; in another the event is lost
   */
  send(channel: string, event: ChannelEvent): Promise<void>
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
  /** Ends, within a second whatever is away. Nothing is delivered any more. */
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
