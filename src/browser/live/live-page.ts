import {
  type Commands,
  type Draft,
  LiveClient,
  type Outbox,
  type PendingDraft,
  type Row,
  type ServerObject,
  type SocketState,
} from '../client/index.ts'
import { Banner } from './banner.ts'
import { closeRoomMenuWhenLeft } from './disclosure.ts'
import { find } from './dom.ts'
import { takeFormerDrafts } from './former-drafts.ts'
import { names } from './frames.ts'
import { Freshness } from './freshness.ts'
import { herePanel } from './here-panel.ts'
import { Roster } from './roster.ts'
import { pageConnection } from './socket.ts'
import { localError, localizeTimes } from './times.ts'
import { followKeyboard } from './viewport.ts'

export interface LivePageOptions {
  /** Whom the page was made for. */
  readonly user: string
  /** The name of the room or sheet. The browser keeps drafts under it. */
  readonly place: string
  /** A draft as the server takes it. */
  readonly frameOf: (draft: Draft) => object
  /** Called with all frames except those about who is here. */
  readonly onFrame: (frame: ServerObject) => void
  /** There is a connection, and nothing that was sent on an earlier one is answered any more. */
  readonly onConnected: () => void
  readonly onDrafts: (drafts: readonly PendingDraft[]) => void
  /** Nothing more can be written here. */
  readonly onOver: () => void
  /** The banner went away with the focus in it. */
  readonly focus: () => void
}

/** The element of `views/live.eta` whose data describe the page. */
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

/** The common part of all pages with a socket: they stay connected and say when they are not, keep drafts, and show who is here. */
export class LivePage {
  readonly #options: LivePageOptions
  readonly #element = pageElement()
  readonly #banner: Banner
  readonly #client: LiveClient
  /** None where a page has no place for it. */
  readonly #freshness: Freshness | undefined
  readonly roster: Roster
  readonly outbox: Outbox
  readonly commands: Commands
  /** Has the list of who is here look again how much room there is. */
  readonly fitHerePanel: () => void

  constructor(options: LivePageOptions) {
    const { user, place, frameOf, onDrafts, focus } = options
    const { socket: path = '', rev = '0' } = this.#element.dataset
    this.#options = options
    this.roster = new Roster(user)
    this.#banner = new Banner(
      user,
      () => this.outbox.keepsAll,
      () => this.#client.reconnect(),
      focus,
    )
    for (const notice of document.querySelectorAll('.muted-notice')) localizeTimes(notice, 'whole')
    const element = document.getElementById('connection')
    const send = (frame: object) => this.send(frame)
    this.#freshness = element ? new Freshness({ element, rev: Number(rev), send }) : undefined
    this.#client = new LiveClient({
      ...pageConnection({
        path,
        user,
        rev: Number(rev),
        newest: newestRow(),
        onFrame: (frame) => this.#receive(withLocalError(frame)),
        onReset: (frame) => this.#receive(frame),
        onState: (state) => this.#show(state),
      }),
      user,
      place,
      frameOf,
      onDrafts: (drafts) => {
        this.#freshness?.wait(drafts.filter(({ error, old }) => error === undefined && !old).length)
        onDrafts(drafts)
      },
      adopted: takeFormerDrafts(user, place),
    })
    this.outbox = this.#client.outbox
    this.commands = this.#client.commands
    followKeyboard()
    this.fitHerePanel = herePanel()
    closeRoomMenuWhenLeft()
  }

  /** @returns false when there is no connection now */
  send(frame: object): boolean {
    return this.#client.send(frame)
  }

  /** An `error` frame came, which the draft or command with its id did not pass. */
  refuse(frame: ServerObject): void {
    this.#client.refuse(frame)
  }

  #receive(frame: ServerObject): void {
    this.#freshness?.receive(frame)
    this.roster.learn(frame)
    if (frame.type === 'presence') return this.roster.change(names(frame.joined), names(frame.left))
    if (frame.type === 'person') return this.roster.learnAnew(frame)
    if (frame.type !== 'welcome') return this.#options.onFrame(frame)
    this.roster.start(names(frame.online), Number(frame.online_count))
    this.#options.onConnected()
  }

  #show(state: SocketState): void {
    this.#element.dataset.state = state.kind
    this.#banner.show(state)
    this.#freshness?.become(state)
    if (state.kind === 'stopped' || state.kind === 'replaced') this.#options.onOver()
  }
}

/** An `error` frame with its text as the reader's clock has it. */
function withLocalError(frame: ServerObject): ServerObject {
  const { error, type, until } = frame
  return type === 'error' ? { ...frame, error: localError({ error, until }) } : frame
}

function pageElement(): HTMLElement {
  return find(document, '.live-grid', HTMLElement)
}
