import type { MessageFrame } from '../../chat/protocol.ts'
import { Composer } from '../chat/composer.ts'
import { LiveHistory } from '../chat/live-history.ts'
import { Reads } from '../chat/reads.ts'
import { Timeline } from '../chat/timeline.ts'
import { Banner } from '../live/banner.ts'
import { batch } from '../live/batch.ts'
import { byId, find } from '../live/dom.ts'
import { isMessage, names, type ServerObject } from '../live/frames.ts'
import { herePanel } from '../live/here-panel.ts'
import { Outbox, type PendingDraft, WAITING } from '../live/outbox.ts'
import { Reading } from '../live/read-position.ts'
import { Roster } from '../live/roster.ts'
import { LiveSocket, type SocketState } from '../live/socket.ts'
import { followKeyboard } from '../live/viewport.ts'
import { watchFrontPage } from '../rooms/front-page.ts'

const page = find(document, '.room-grid', HTMLElement)
const { room = '', user = '', rev = '0', read = rev, unread = '0' } = page.dataset

const timeline = new Timeline(
  {
    user,
    onRetry: ({ id }) => outbox.retry(id),
    onEdit: ({ id, text }) => {
      outbox.discard(id)
      composer.edit(text)
    },
    onDiscard: ({ id }) => {
      outbox.discard(id)
      composer.focus()
    },
  },
  !byId('beginning', HTMLElement).hidden,
)
const roster = new Roster(user)
const reading = new Reading(timeline, {
  key: `place ${user} ${room}`,
  read: Number(read),
  onRead: (seq) => {
    const told = socket.send({ type: 'read', seq })
    if (told) reads.tell(room, seq)
    return told
  },
  onEnd: () => history.returned(),
})
const history = new LiveHistory(room, user, timeline, reading)
const reads = new Reads(user, (other, seq) => {
  if (other === room) reading.readElsewhere(seq)
  else lookSoon()
})
const receiveMessage = batch(receiveMessages)
const banner = new Banner(
  user,
  () => outbox.keepsAll,
  () => socket.reconnect(),
  () => composer.focus(),
)
const socket: LiveSocket = new LiveSocket({
  path: `/ws/chat/${room}`,
  user,
  rev: Number(rev),
  onFrame: receive,
  onState: show,
})
const outbox = new Outbox({
  user,
  place: room,
  send: ({ id, text }) => socket.send({ message: text, id }),
  onChange: showDrafts,
  onSilence: () => socket.suspect(),
})
const composer = new Composer({
  key: `draft ${user} ${room}`,
  onSay: (text) => {
    if (!outbox.add(text)) return `${WAITING} messages are waiting to be sent. Say more when they are.`
    timeline.markUnread(undefined)
    reading.toEnd()
    return undefined
  },
  onTyping: (on) => socket.send({ type: 'typing', on }),
})

timeline.markUnreadAfter(Number(read), Number(unread))
void open()
outbox.acknowledge(timeline.ownIds)
followKeyboard()
herePanel()
const lookSoon = watchFrontPage(user, showUnread)
document.querySelector('.side [aria-current]')?.scrollIntoView({ block: 'nearest' })
if (matchMedia('(pointer: fine)').matches) composer.focus()

/** Shows the place that the reader comes back to, or where the unread begins, and loads back to it where it is further up. */
async function open(): Promise<void> {
  const place = reading.formerPlace
  if (place !== undefined) {
    if (reading.returnToPlace()) return
    await history.loadBack(() => timeline.find(place) !== undefined)
    if (reading.returnToPlace()) return
  }
  reading.openAtUnread(Number(unread))
  if (!timeline.unreadAbove) return
  await history.loadBack(() => !timeline.unreadAbove)
  if (!timeline.unreadAbove && !reading.scrolled) reading.openAtUnread(Number(unread))
}

function receive(frame: ServerObject): void {
  switch (frame.type) {
    case 'message':
      if (!isMessage(frame)) return
      roster.setTyping(frame.sender, false)
      return receiveMessage(frame)
    case 'welcome':
      roster.start(names(frame.online), Number(frame.online_count))
      reading.tellAgain()
      return outbox.resend()
    case 'presence':
      return roster.change(names(frame.joined), names(frame.left))
    case 'typing':
      return roster.setTyping(String(frame.sender), frame.on === true)
    case 'reset':
      return void history.loadAnew()
    case 'error':
      return refused(frame)
  }
}

function receiveMessages(messages: readonly MessageFrame[]): void {
  history.add(messages)
  outbox.acknowledge(new Set(messages.filter(({ sender }) => sender === user).map(({ id }) => id)))
}

function refused({ id, error, retry_after: wait }: ServerObject): void {
  if (typeof id === 'string') outbox.refuse(id, String(error), typeof wait === 'number' ? wait : undefined)
}

function show(state: SocketState): void {
  page.dataset.state = state.kind
  banner.show(state)
  if (state.kind === 'stopped' || state.kind === 'replaced') composer.close()
}

function showDrafts(drafts: readonly PendingDraft[]): void {
  timeline.showPending(drafts)
}

/** The other rooms in the margin. */
function showUnread(rooms: Element): void {
  for (const link of document.querySelectorAll('.side li a:not([aria-current])')) {
    const fresh = [...rooms.querySelectorAll('a')].find(
      (other) => other.getAttribute('href') === link.getAttribute('href'),
    )
    link.querySelector('.badge')?.remove()
    link.append(...(fresh?.querySelectorAll('.badge') ?? []))
  }
}
