/** Tells a person's other tabs in this browser what they have read. Other browsers learn it from the server's counts. */
export class Reads {
  readonly #channel: BroadcastChannel

  /** @param onRead another tab has shown the messages of a room up to this `seq` */
  constructor(user: string, onRead: (room: string, seq: number) => void) {
    this.#channel = new BroadcastChannel(`read by ${user}`)
    this.#channel.addEventListener('message', ({ data }) => {
      if (typeof data?.room === 'string' && typeof data?.seq === 'number') onRead(data.room, data.seq)
    })
  }

  tell(room: string, seq: number): void {
    this.#channel.postMessage({ room, seq })
  }
}
