import { Banner } from './banner.ts'
import { Commands } from './commands.ts'
import { closeRoomMenuWhenLeft } from './disclosure.ts'
import { find } from './dom.ts'
import type { Draft } from './draft-store.ts'
import { names, type ServerObject } from './frames.ts'
import { herePanel } from './here-panel.ts'
import { Outbox, type PendingDraft } from './outbox.ts'
import { Roster } from './roster.ts'
import { LiveSocket, type Row, type SocketState } from './socket.ts'
import { followKeyboard } from './viewport.ts'

export interface LivePageOptions {
  /** Whom the page was made for. */
  readonly user: string
  /** Where things are said: what the browser keeps until it is sent is kept under this name. */
  readonly place: string
  /** A draft as the server takes it. */
  readonly frameOf: (draft: Draft) => object
  /** Any frame but those about who is here. */
  readonly onFrame: (frame: ServerObject) => void
  /** There is a connection, and nothing that was sent on an earlier one is answered any more. */
  readonly onConnected: () => void
  readonly onDrafts: (drafts: readonly PendingDraft[]) => void
  /** Nothing more can be written here. */
  readonly onOver: () => void
  /** The banner went away with the focus in it. */
  readonly focus: () => void
}

/** The element of `views/live.eta`, whose data say what the page is about. */
export function livePageData(): DOMStringMap {
  return pageElement().dataset
}

/** The row of the page with the highest `rev`. */
function newestRow(): Row | undefined {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-rev][data-seq][data-id]')].map(
    ({ dataset: { rev, seq, id = '' } }) => ({ rev: Number(rev), seq: Number(seq), id }),
  )
  return rows.reduce<Row | undefined>(
    (newest, row) => (newest && newest.rev > row.rev ? newest : row),
    undefined,
  )
}

/** What all pages do that follow a socket: stay connected and say when they are not, keep what is written, tell who is here. */
export class LivePage {
  readonly #options: LivePageOptions
  readonly #element = pageElement()
  readonly #banner: Banner
  readonly #socket: LiveSocket
  readonly roster: Roster
  readonly outbox: Outbox
  readonly commands: Commands
  /** Has the list of who is here look again how much room there is. */
  readonly fitHerePanel: () => void

  constructor(options: LivePageOptions) {
    const { user, place, onDrafts, focus } = options
    const { socket: path = '', rev = '0' } = this.#element.dataset
    this.#options = options
    this.roster = new Roster(user)
    this.#banner = new Banner(
      user,
      () => this.outbox.keepsAll,
      () => this.#socket.reconnect(),
      focus,
    )
    this.#socket = new LiveSocket({
      path,
      user,
      rev: Number(rev),
      newest: newestRow(),
      onFrame: (frame) => this.#receive(frame),
      onRewound: () => this.outbox.holdCommands(),
      onState: (state) => this.#show(state),
    })
    this.outbox = new Outbox({
      user,
      place,
      send: (draft) => this.send(options.frameOf(draft)),
      onChange: onDrafts,
      onSilence: () => this.#socket.suspect(),
    })
    this.commands = new Commands({
      send: (frame) => this.send(frame),
      onSilence: () => this.#socket.suspect(),
    })
    followKeyboard()
    this.fitHerePanel = herePanel()
    closeRoomMenuWhenLeft()
  }

  /** @returns false when there is no connection now */
  send(frame: object): boolean {
    return this.#socket.send(frame)
  }

  #receive(frame: ServerObject): void {
    this.roster.learn(frame)
    if (frame.type === 'presence') return this.roster.change(names(frame.joined), names(frame.left))
    if (frame.type === 'done') this.commands.done(String(frame.id))
    if (frame.type !== 'welcome') return this.#options.onFrame(frame)
    this.roster.start(names(frame.online), Number(frame.online_count))
    this.#options.onConnected()
    this.outbox.resend()
    this.commands.resend()
  }

  #show(state: SocketState): void {
    this.#element.dataset.state = state.kind
    this.#banner.show(state)
    if (state.kind === 'stopped' || state.kind === 'replaced') this.#options.onOver()
  }
}

function pageElement(): HTMLElement {
  return find(document, '.live-grid', HTMLElement)
}
