import type { MessageFrame } from '../../chat/protocol.ts'
import { Banner } from '../banner.ts'
import { Composer } from '../composer.ts'
import { byId, find } from '../dom.ts'
import { fetchHistory } from '../history.ts'
import { type Draft, Outbox } from '../outbox.ts'
import { Reading } from '../reading.ts'
import { Roster } from '../roster.ts'
import { LiveSocket, type ServerObject, type SocketState } from '../socket.ts'
import { Timeline } from '../timeline.ts'

const page = find(document, '.room-grid', HTMLElement)
const { room = '', user = '', rev = '0' } = page.dataset
const earlier = byId('earlier', HTMLAnchorElement)
const here = find(document, 'details.here', HTMLDetailsElement)

const timeline = new Timeline({
  user,
  onRetry: (draft) => outbox.retry(draft.id),
  onEdit: (draft) => {
    outbox.discard(draft.id)
    composer.edit(draft.text)
  },
  onDiscard: (draft) => outbox.discard(draft.id),
})
const roster = new Roster(user)
const reading = new Reading(timeline, (seq) => socket.send({ type: 'read', seq }))
const banner = new Banner(() => socket.reconnect())
const socket: LiveSocket = new LiveSocket({
  path: `/ws/chat/${room}`,
  rev: Number(rev),
  onFrame: receive,
  onState: show,
})
const outbox = new Outbox({
  key: `outbox ${user} ${room}`,
  send: ({ id, text }) => socket.send({ message: text, id }),
  onChange: showDrafts,
})
const composer = new Composer({
  key: `draft ${user} ${room}`,
  onSay: (text) => {
    outbox.add(text)
    reading.toEnd()
  },
  onTyping: (on) => socket.send({ type: 'typing', on }),
})

earlier.addEventListener('click', (event) => {
  event.preventDefault()
  void loadEarlier()
})
document.addEventListener('click', (event) => {
  if (here.open && event.target instanceof Node && !here.contains(event.target)) here.open = false
})
here.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  here.open = false
  find(here, 'summary', HTMLElement).focus()
})
if (matchMedia('(pointer: fine)').matches) composer.focus()

function receive(frame: ServerObject): void {
  if (frame.type === 'message') return receiveMessage(frame as unknown as MessageFrame)
  if (frame.type === 'welcome') {
    roster.start(names(frame.online), Number(frame.online_count))
    outbox.resend()
  } else if (frame.type === 'presence') roster.change(names(frame.joined), names(frame.left))
  else if (frame.type === 'typing') roster.setTyping(String(frame.sender), frame.on === true)
  else if (frame.type === 'reset') void loadAnew()
  else if (frame.type === 'error' && typeof frame.id === 'string') {
    const wait = typeof frame.retry_after === 'number' ? frame.retry_after : undefined
    outbox.refuse(frame.id, String(frame.error), wait)
  }
}

function receiveMessage(message: MessageFrame): void {
  const isNew = timeline.place(message)
  const own = message.sender === user
  if (own) outbox.acknowledge(message.id)
  else roster.setTyping(message.sender, false)
  if (isNew) reading.arrived(message.seq, own)
  if (reading.atEnd && timeline.trim()) offerEarlier(true)
}

function show(state: SocketState): void {
  page.dataset.state = state.kind
  banner.show(state)
}

function showDrafts(drafts: readonly Draft[]): void {
  timeline.showPending(drafts)
}

async function loadEarlier(): Promise<void> {
  earlier.textContent = 'Loading…'
  try {
    const { messages, more } = await fetchHistory(room, timeline.oldest)
    reading.holding(() => timeline.placeHistory(messages))
    offerEarlier(more)
    earlier.textContent = 'Earlier messages'
  } catch {
    earlier.textContent = 'Earlier messages could not be loaded. Try again'
  }
}

/** Too much was missed to be told one by one. */
async function loadAnew(): Promise<void> {
  try {
    const { messages, more } = await fetchHistory(room)
    timeline.clear()
    timeline.placeHistory(messages)
    offerEarlier(more)
    reading.toEnd()
  } catch {
    location.reload()
  }
}

function offerEarlier(more: boolean): void {
  const line = earlier.parentElement
  if (line) line.hidden = !more
  byId('beginning', HTMLElement).hidden = more
  earlier.href = `/rooms/${room}?before=${timeline.oldest ?? 0}`
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}
