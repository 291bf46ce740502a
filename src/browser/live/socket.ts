import {
  Connection,
  type ConnectionOptions,
  type Row,
  type ServerObject,
  SIGNED_OUT,
  type SocketState,
} from '../client/index.ts'

/** True from when a form is sent that ends this session. */
let isEndingSession = false
document.addEventListener('submit', ({ target }) => {
  if (target instanceof HTMLFormElement && 'endsSession' in target.dataset) isEndingSession = true
})

export interface LiveSocketOptions {
  /** Such as `/ws/chat/lobby`. */
  readonly path: string
  /** Whom the page was made for. */
  readonly user: string
  /** The type of the frame with which the server begins; `welcome` where nothing is given. */
  readonly greeting?: string
  /** The `rev` that the page was rendered with; undefined where what follows has no numbers, and begins anew each time. */
  readonly rev?: number
  /** The row with the highest `rev` in the page; undefined: there is none. */
  readonly newest?: Row | undefined
  readonly onFrame: (frame: ServerObject) => void
  /** Too much was missed to be told one by one. Left out, the page is loaded again. */
  readonly onReset?: (frame: ServerObject) => void
  readonly onState: (state: SocketState) => void
}

/** The connection of one of our own pages: if its session has ended, the page goes to the sign-in form. */
export class LiveSocket extends Connection {
  constructor(options: LiveSocketOptions) {
    super(pageConnection(options))
  }
}

/** Opens a connection to a path of this server, and reloads the page if the server has less than the page. */
export function pageConnection(page: LiveSocketOptions): ConnectionOptions {
  let isReloading = false
  const reload = () => {
    isReloading = true
    location.reload()
  }
  const { path, onFrame, onReset = reload, onState, ...options } = page
  return {
    ...options,
    address: new URL(path, location.href),
    onFrame: (frame) => {
      if (isReloading) return
      if (frame.type === 'reset') onReset(frame)
      else onFrame(frame)
    },
    onRewound: reload,
    onState: (state) => {
      onState(state)
      // After a form that ends the session, whatever its answer leads to comes next.
      if (state.kind !== 'stopped' || state.code !== SIGNED_OUT || isEndingSession) return
      location.replace(`/sign-in?next=${encodeURIComponent(location.pathname)}`)
    },
  }
}
