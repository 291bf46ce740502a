import type { MessageFrame } from '../../chat/protocol.ts'
import { Composer } from '../chat/composer.ts'
import { isMessage } from '../chat/frames.ts'
import { LiveHistory } from '../chat/live-history.ts'
import { MentionCompletion } from '../chat/mention-completion.ts'
import { MessageActions } from '../chat/message-actions.ts'
import { PreviewRequests } from '../chat/preview-requests.ts'
import { sheetBeside } from '../chat/sheet-beside.ts'
import { starters } from '../chat/starters.ts'
import { Timeline } from '../chat/timeline.ts'
import { ValueChecks } from '../chat/value-checks.ts'
import { ValuePreview } from '../chat/value-preview.ts'
import { messageFrame, type ServerObject, WAITING } from '../client/index.ts'
import { batch } from '../live/batch.ts'
import { byId } from '../live/dom.ts'
import { showGlance } from '../live/glance.ts'
import { LivePage, livePageData } from '../live/live-page.ts'
import { ReadPosition } from '../live/read-position.ts'
import { followArchiving } from '../rooms/archived-room.ts'
import { whenRead } from '../rooms/read-elsewhere.ts'

const {
  room = '',
  user = '',
  name,
  picture,
  rev = '0',
  read = rev,
  unread = '0',
  at,
  kind,
  moderates,
  emoji = '',
} = livePageData()
/** The `seq` of the message that a link led to. */
const marked = at ? Number(at) : undefined

const timeline = new Timeline(
  {
    user,
    name: name || undefined,
    picture: picture || undefined,
    marked,
    nameOf: (username) => page.roster.nameOf(username),
    onRetry: ({ id }) => page.outbox.retry(id),
    onEdit: ({ id, text, reply }) => {
      page.outbox.discard(id)
      composer.giveBack(text, reply)
    },
    onDiscard: ({ id }) => {
      page.outbox.discard(id)
      composer.focus()
    },
  },
  !byId('beginning', HTMLElement).hidden,
)
const readPosition = new ReadPosition(timeline, {
  key: `place ${user} ${room}`,
  read: Number(read),
  onRead: (seq) => page.send({ type: 'read', seq }),
  onEnd: () => history.returned(),
})
const history = new LiveHistory(room, user, timeline, readPosition)
const removeStarters = starters((text) => composer.giveBack(text))
const receiveMessage = batch(receiveMessages)
const page: LivePage = new LivePage({
  user,
  place: room,
  frameOf: messageFrame,
  onFrame: receive,
  onConnected: () => readPosition.tellAgain(),
  onDrafts: (drafts) => {
    if (drafts.length > 0) removeStarters()
    timeline.showPending(drafts)
  },
  onOver: () => composer.close(),
  focus: () => composer.focus(),
})
const previews = new PreviewRequests((frame) => page.send(frame))
const valuePreview = new ValuePreview(previews)
new ValueChecks(timeline.element, previews)
const composer = new Composer({
  key: `draft ${user} ${room}`,
  onSay: (text, reply) => {
    if (!page.outbox.add(text, reply))
      return `${WAITING} messages are waiting to be sent. Say more when they are.`
    timeline.markUnread(undefined)
    readPosition.toEnd()
    return undefined
  },
  onEdit: (seq, text) => actions.changeText(seq, text),
  onEditLast: () => actions.editLast(),
  onTyping: (on) => page.send({ type: 'typing', on }),
  onText: (text) => valuePreview.show(text),
})
new MentionCompletion(byId('message', HTMLTextAreaElement), byId('mention-list', HTMLElement), {
  room,
  user,
  hasEverybody: kind !== 'direct',
})
const actions = new MessageActions({
  page,
  timeline,
  composer,
  room,
  user,
  moderates: moderates === 'true',
  emoji,
})

timeline.markUnreadAfter(Number(read), Number(unread))
void open()
page.outbox.acknowledge(timeline.ownIds)
sheetBeside(() => page.fitHerePanel())
whenRead(room, (seq) => readPosition.readElsewhere(seq))
followArchiving(room, byId('composer', HTMLElement), timeline.element)
document.querySelector('.side [aria-current]')?.scrollIntoView({ block: 'nearest' })
if (marked === undefined && matchMedia('(pointer: fine)').matches) composer.focus()

/** Shows the place that the reader comes back to, or where the unread begins, and loads back to it where it is further up. */
async function open(): Promise<void> {
  const place = readPosition.formerPlace
  if (place !== undefined) {
    if (readPosition.returnToPlace()) return
    await history.loadBack(() => timeline.find(place) !== undefined)
    if (readPosition.returnToPlace()) return
  }
  if (marked !== undefined && readPosition.openAt(marked)) return actions.focus(marked)
  readPosition.openAtUnread(Number(unread))
  if (!timeline.unreadAbove) return
  await history.loadBack(() => !timeline.unreadAbove)
  if (!timeline.unreadAbove && !readPosition.scrolled) readPosition.openAtUnread(Number(unread))
}

function receive(frame: ServerObject): void {
  switch (frame.type) {
    case 'message':
      if (!isMessage(frame)) return
      page.roster.learnPerson(frame.sender, frame.sender_name, frame.sender_picture)
      page.roster.setTyping(frame.sender, false)
      return receiveMessage(frame)
    case 'typing':
      return page.roster.setTyping(String(frame.sender), frame.on === true)
    case 'preview':
      return previews.receive(frame)
    case 'notice':
      page.outbox.acknowledge(new Set([String(frame.id)]))
      // It stays until it was read: nothing else shows what was understood.
      return actions.tell(String(frame.notice))
    case 'glance':
      return showGlance(frame)
    case 'reset':
      return void history.loadAnew()
    case 'error':
      return refused(frame)
  }
}

function receiveMessages(messages: readonly MessageFrame[]): void {
  removeStarters()
  history.add(messages)
  page.outbox.acknowledge(new Set(messages.filter(({ sender }) => sender === user).map(({ id }) => id)))
}

function refused(frame: ServerObject): void {
  page.refuse(frame)
  previews.refuse(String(frame.id))
}
