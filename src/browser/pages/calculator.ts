import type { ResultFrame } from '../../calculator/protocol.ts'
import { Banner } from '../banner.ts'
import { Calculate } from '../calculate.ts'
import { byId, find } from '../dom.ts'
import { Lines } from '../lines.ts'
import { type Draft, Outbox } from '../outbox.ts'
import { Reading } from '../reading.ts'
import { Roster } from '../roster.ts'
import { LiveSocket, type ServerObject, type SocketState } from '../socket.ts'

const page = find(document, '.sheet-grid', HTMLElement)
const { socket: path = '', user = '', rev = '0' } = page.dataset

const lines = new Lines({ user, onValue: (text) => calculate.insert(text) })
const roster = new Roster(user)
const reading = new Reading(lines, () => {})
const banner = new Banner(() => socket.reconnect())
const drafts = new Map<string, Draft>()
const calculate = new Calculate({
  onEnter: (expression) => {
    outbox.add(expression)
    reading.toEnd()
  },
  onPreview: (expression, id) => socket.send({ type: 'preview', expression, id }),
  history: () => lines.expressionsOf(user),
})
const socket: LiveSocket = new LiveSocket({ path, rev: Number(rev), onFrame: receive, onState: show })
const outbox = new Outbox({
  key: `outbox ${user} ${path}`,
  send: ({ id, text }) => socket.send({ expression: text, id }),
  onChange: showDrafts,
})

function receive(frame: ServerObject): void {
  if (frame.type === 'result') return receiveResult(frame as unknown as ResultFrame)
  if (frame.type === 'preview') {
    return calculate.answered(String(frame.id), text(frame.text), text(frame.error))
  }
  if (frame.type === 'welcome') {
    roster.start(names(frame.online), Number(frame.online_count))
    outbox.resend()
    calculate.connected()
  } else if (frame.type === 'presence') roster.change(names(frame.joined), names(frame.left))
  else if (frame.type === 'reset') location.reload()
  else if (frame.type === 'error' && typeof frame.id === 'string') refuse(frame, frame.id)
}

function receiveResult(line: ResultFrame): void {
  const isNew = lines.place(line)
  const own = line.sender === user
  if (own) outbox.acknowledge(line.id)
  byId('beginning', HTMLElement).hidden = true
  if (isNew) reading.arrived(line.seq, own)
}

/** What cannot be calculated goes back to where it was typed; the next line may stand there already. */
function refuse(frame: ServerObject, id: string): void {
  if (typeof frame.retry_after === 'number') {
    if (id.startsWith('preview-')) setTimeout(() => calculate.connected(), frame.retry_after)
    else outbox.refuse(id, String(frame.error), frame.retry_after)
    return
  }
  if (id.startsWith('preview-')) return calculate.answered(id, undefined, String(frame.error))
  const draft = drafts.get(id)
  outbox.discard(id)
  if (!draft || !calculate.empty) return
  const position = typeof frame.position === 'number' ? frame.position : undefined
  calculate.giveBack(draft.text, String(frame.error), position)
}

function show(state: SocketState): void {
  page.dataset.state = state.kind
  banner.show(state)
}

function showDrafts(now: readonly Draft[]): void {
  drafts.clear()
  for (const draft of now) drafts.set(draft.id, draft)
  lines.showPending(now)
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function text(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value)
}
