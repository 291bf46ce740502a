import { isObject } from '../client/index.ts'
import type { DraftKeeper } from './kept-draft.ts'
import { isSame, NOTHING, type Written } from './written.ts'

/** A draft as the server has it. */
export interface ServerDraft {
  readonly text: string
  readonly reply?: number | undefined
  readonly version?: string | undefined
}

export interface DraftSyncOptions {
  readonly room: string
  readonly user: string
  readonly keeper: DraftKeeper
  /** Returns the draft as it is now. */
  readonly current: () => Written
  /** False while an input method is composing, say: what is there must not be touched then. */
  readonly isFree: () => boolean
  /** Shows what was written on another device in place of what stood here, which the server had. */
  readonly onOther: (written: Written) => void
  /** Both devices have something: it is offered, and what stands here stays. Without: nothing is offered any more. */
  readonly onOffer: (written: Written | undefined) => void
  /** Looks up a message that is answered. */
  readonly replyTo: (seq: number) => Promise<Written['reply']>
}

/** A pause in typing after which the server is told, in milliseconds. */
const PAUSE = 600
/** Characters that the server keeps. */
const LENGTH = 4_000

/**
 * Keeps a draft the same on all of a person's devices. The last one to write wins only if the others have changed nothing since;
 * if two have, each keeps its own draft and is offered the other's.
 */
export class DraftSync {
  readonly #options: DraftSyncOptions
  #synced: Written
  #version: string | undefined
  #sending: Written | undefined
  #offered: { readonly written: Written; readonly version: string | undefined } | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isBehind = false

  /**
   * @param synced what stood on the server when this text was last the same as there
   */
  constructor(options: DraftSyncOptions, synced: Written, version: string | undefined) {
    this.#options = options
    this.#synced = synced
    this.#version = version
    addEventListener('pagehide', () => this.#flush())
  }

  /** Something was typed, or sent. */
  changed(): void {
    this.#keep()
    clearTimeout(this.#timer)
    if (!this.#isChanged()) return
    // A sent draft is removed at once, or it could be sent again from another device.
    this.#timer = setTimeout(() => void this.#put(), this.#options.current().text === '' ? 0 : PAUSE)
  }

  /** Asks what the server has: after the connection was lost, or this page slept. */
  async reconcile(): Promise<void> {
    if (this.#sending) return
    try {
      const draft = readDraft(await this.#request('GET'))
      if (draft && !this.#sending) await this.receive(draft, true)
    } catch {
      // The connection was lost again; this is asked again when it is back.
    }
    if (this.#isChanged()) this.changed()
  }

  /**
   * Something was written on another device, or here a moment ago.
   * @param isPresent whether this is what the server has now: what is told may have been overtaken
   */
  async receive(draft: ServerDraft, isPresent = false): Promise<void> {
    const { version } = draft
    if (version === this.#version || (!isPresent && (version ?? '') < (this.#version ?? ''))) return
    if (this.#sending?.text === draft.text && this.#sending.reply?.seq === draft.reply)
      return this.#stored(this.#sending, version)
    const reply = draft.reply === undefined ? undefined : await this.#options.replyTo(draft.reply)
    this.#compare({ text: draft.text, ...(reply && { reply }) }, version)
  }

  /** Goes on with what was offered. What stood here is offered instead. */
  useOffered(): void {
    const offered = this.#offered
    if (!offered) return
    const mine = this.#options.current()
    // The text before this one has no version, because the server never had it.
    if (offered.version !== undefined) {
      this.#synced = offered.written
      this.#version = offered.version
    }
    this.#options.onOther(offered.written)
    this.#offer(mine.text === '' ? undefined : mine, undefined)
    this.changed()
  }

  /** Goes on with what stands here. */
  keepMine(): void {
    this.#version = this.#offered?.version ?? this.#version
    this.#offer(undefined, undefined)
    this.changed()
  }

  #compare(other: Written, version: string | undefined): void {
    const mine = this.#options.current()
    if (isSame(mine, other)) {
      this.#offer(undefined, undefined)
      return this.#stored(other, version)
    }
    if (isSame(mine, this.#synced) && this.#options.isFree()) {
      this.#synced = other
      this.#version = version
      this.#options.onOther(other)
      return this.#keep()
    }
    if (other.text === '') {
      // It was sent there. What was written here since stays.
      this.#synced = NOTHING
      this.#version = version
      this.#offer(undefined, undefined)
      return this.changed()
    }
    this.#offer(other, version)
  }

  #offer(written: Written | undefined, version: string | undefined): void {
    this.#offered = written && { written, version }
    this.#options.onOffer(written)
  }

  #isChanged(): boolean {
    return !isSame(this.#options.current(), this.#synced)
  }

  #stored(written: Written, version: string | undefined): void {
    this.#synced = written
    this.#version = version
    this.#keep()
  }

  #keep(): void {
    const written = this.#options.current()
    const kept = { written, synced: this.#synced, ...(this.#version && { version: this.#version }) }
    this.#options.keeper.keep(kept, !this.#isChanged())
  }

  async #put(): Promise<void> {
    if (this.#sending) {
      this.#isBehind = true
      return
    }
    const written = this.#options.current()
    if ([...written.text].length > LENGTH) return
    this.#sending = written
    try {
      const answer = await this.#request('PUT', written)
      const draft = readDraft(answer)
      if (draft && isObject(answer)) {
        if (answer.conflict !== true) this.#stored(written, draft.version)
        else if (draft.version !== this.#offered?.version) {
          this.#sending = undefined
          await this.receive(draft, true)
        }
      }
    } catch {
      // It is kept here, and goes out when something is typed or the connection is back.
    } finally {
      this.#sending = undefined
    }
    if (!this.#isBehind) return
    this.#isBehind = false
    this.changed()
  }

  /** The page is left: sends what was typed last, without waiting for the answer. It is kept here until it is known to be there. */
  #flush(): void {
    clearTimeout(this.#timer)
    if (this.#isChanged() && !this.#offered)
      void this.#request('PUT', this.#options.current(), true).catch(() => {})
  }

  /** @throws where the server does not take it */
  async #request(method: 'GET' | 'PUT', written?: Written, keepalive = false): Promise<unknown> {
    const { room, user } = this.#options
    const token = document.querySelector<HTMLInputElement>('#composer [name="_csrf"]')?.value ?? ''
    const body = written && {
      message: written.text,
      ...(written.text !== '' && written.reply && { reply: written.reply.seq }),
      ...(this.#version && { base: this.#version }),
    }
    const answer = await fetch(`/api/rooms/${room}/draft`, {
      method,
      headers: {
        'x-partyline-user': user,
        ...(body && { 'content-type': 'application/json', 'x-csrf-token': token }),
      },
      ...(body && { body: JSON.stringify(body) }),
      keepalive,
    })
    if (!answer.ok) throw new Error(`the draft was answered with ${answer.status}`)
    return answer.json()
  }
}

export function readDraft(value: unknown): ServerDraft | undefined {
  if (!isObject(value) || typeof value.message !== 'string') return undefined
  const { message: text, reply, version } = value
  return {
    text,
    ...(typeof reply === 'number' && { reply }),
    ...(typeof version === 'string' && { version }),
  }
}
