import type { ResultFrame } from '../../calculator/protocol.ts'
import { Calculate } from '../calculator/expression-input.ts'
import { Lines } from '../calculator/lines.ts'
import { Banner } from '../live/banner.ts'
import { byId, find } from '../live/dom.ts'
import { isResult, names, type ServerObject } from '../live/frames.ts'
import { herePanel } from '../live/here-panel.ts'
import { Outbox, type PendingDraft, WAITING } from '../live/outbox.ts'
import { Reading } from '../live/read-position.ts'
import { Roster } from '../live/roster.ts'
import { LiveSocket, type SocketState } from '../live/socket.ts'
import { followKeyboard } from '../live/viewport.ts'

const page = find(document, '.sheet-grid', HTMLElement)
const { socket: path = '', user = '', rev = '0' } = page.dataset

const lines = new Lines({
  user,
  onValue: (text) => calculate.insert(text),
  onNote: (text) => calculate.say(text),
})
const roster = new Roster(user)
// What was read on a sheet is nobody else's business.
const reading = new Reading(lines, {
  key: `place ${user} ${path}`,
  read: lines.newest,
  onRead: () => true,
  onEnd: () => lines.markUnread(undefined),
})
const banner = new Banner(
  user,
  () => outbox.keepsAll,
  () => socket.reconnect(),
  () => calculate.focus(),
)
const drafts = new Map<string, PendingDraft>()
const calculate = new Calculate({
  onEnter: (expression) => {
    if (!outbox.add(expression)) return `${WAITING} lines are waiting to be sent. Go on when they are.`
    reading.toEnd()
    return undefined
  },
  onPreview: (expression, id) => socket.send({ type: 'preview', expression, id }),
  history: () => lines.ownExpressions,
})
const socket: LiveSocket = new LiveSocket({ path, user, rev: Number(rev), onFrame: receive, onState: show })
const outbox = new Outbox({
  user,
  place: path,
  send: ({ id, text }) => socket.send({ expression: text, id }),
  onChange: showDrafts,
  onSilence: () => socket.suspect(),
})

if (reading.formerPlace !== undefined) reading.returnToPlace()
outbox.acknowledge(lines.ownIds)
for (const example of document.querySelectorAll<HTMLButtonElement>('button.try')) {
  example.addEventListener('click', () => calculate.replace(example.textContent))
}
followKeyboard()
herePanel()

function receive(frame: ServerObject): void {
  switch (frame.type) {
    case 'result':
      return isResult(frame) ? receiveResult(frame) : undefined
    case 'preview':
      return calculate.answered(String(frame.id), textOf(frame.text), textOf(frame.error))
    case 'welcome':
      roster.start(names(frame.online), Number(frame.online_count))
      calculate.connected()
      return outbox.resend()
    case 'presence':
      return roster.change(names(frame.joined), names(frame.left))
    case 'reset':
      return location.reload()
    case 'error':
      return refused(frame)
  }
}

function receiveResult(line: ResultFrame): void {
  const isNew = lines.place(line)
  const own = line.sender === user
  if (own) outbox.acknowledge(new Set([line.id]))
  byId('beginning', HTMLElement).hidden = true
  if (isNew) reading.arrived(own ? 0 : 1, line.seq)
}

function refused({ id, error, position, retry_after: wait }: ServerObject): void {
  if (typeof id !== 'string') return
  const draft = drafts.get(id)
  if (typeof wait === 'number') {
    if (draft) outbox.refuse(id, String(error), wait)
    else setTimeout(() => calculate.connected(), wait)
  } else if (!draft) calculate.answered(id, undefined, String(error))
  else giveBack(draft, String(error), typeof position === 'number' ? position : undefined)
}

/** What cannot be calculated goes back to where it was typed, unless the next line stands there already. */
function giveBack(draft: PendingDraft, error: string, position: number | undefined): void {
  if (!calculate.empty) return outbox.refuse(draft.id, error)
  outbox.discard(draft.id)
  calculate.giveBack(draft.text, error, position)
}

function show(state: SocketState): void {
  page.dataset.state = state.kind
  banner.show(state)
  if (state.kind === 'stopped' || state.kind === 'replaced') calculate.close()
}

function showDrafts(now: readonly PendingDraft[]): void {
  drafts.clear()
  for (const draft of now) drafts.set(draft.id, draft)
  lines.showPending(now, {
    onRetry: ({ id }) => outbox.retry(id),
    onEdit: ({ id, text }) => {
      outbox.discard(id)
      calculate.edit(text)
    },
    onDiscard: ({ id }) => outbox.discard(id),
  })
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value)
}
