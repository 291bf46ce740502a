import type { MessageFrame } from '../../chat/protocol.ts'
import { Announcer } from '../chat/announcer.ts'
import { Attachments } from '../chat/attachments.ts'
import { foldBlocked, followFolds } from '../chat/blocked-messages.ts'
import { Composer } from '../chat/composer.ts'
import { fileSources } from '../chat/file-sources.ts'
import { isMessage } from '../chat/frames.ts'
import { LateColours } from '../chat/late-colours.ts'
import { LiveHistory } from '../chat/live-history.ts'
import { completeMentions } from '../chat/mention-completion.ts'
import { MessageActions } from '../chat/message-actions.ts'
import { nextMessage } from '../chat/message-elements.ts'
import { MessageFocus } from '../chat/message-focus.ts'
import { MessageKeys } from '../chat/message-keys.ts'
import { followAnswered, openDraft } from '../chat/own-draft.ts'
import { pictureViewer } from '../chat/picture-viewer.ts'
import { PreviewRequests } from '../chat/preview-requests.ts'
import { SeenBy } from '../chat/seen-by.ts'
import { sheetBeside } from '../chat/sheet-beside.ts'
import { starters } from '../chat/starters.ts'
import { Timeline } from '../chat/timeline.ts'
import { ValueChecks } from '../chat/value-checks.ts'
import { ValuePreview } from '../chat/value-preview.ts'
import { messageFrame, ownZone, type ServerObject, WAITING } from '../client/index.ts'
import { batch } from '../live/batch.ts'
import { byId } from '../live/dom.ts'
import { showGlance } from '../live/glance.ts'
import { KeptPlace, type Place } from '../live/kept-place.ts'
import { LivePage, livePageData } from '../live/live-page.ts'
import { ReadPosition } from '../live/read-position.ts'
import { followArchiving } from '../rooms/archived-room.ts'
import { BlockedPeople } from '../rooms/blocked-people.ts'
import { whenRead } from '../rooms/read-elsewhere.ts'
import { followName } from '../rooms/renamed-room.ts'

const {
  room = '',
  user = '',
  name,
  picture,
  rev = '0',
  read = rev,
  unread = '0',
  first,
  at,
  from,
  later,
  kind,
  moderates,
  administers,
  pins,
  blocked: blockedNames = '',
  emoji = '',
} = livePageData()
/** The `seq` of the message that a link led to. */
const marked = at ? Number(at) : undefined
const isArchived = followArchiving(room, byId('composer', HTMLElement))
followName(room)

const blocked = new BlockedPeople(blockedNames)
const timeline = new Timeline(
  {
    user,
    name: name || undefined,
    picture: picture || undefined,
    marked,
    nameOf: (username) => page.roster.nameOf(username),
    isBlocked: (username) => blocked.has(username),
    onRetry: ({ id }) => page.outbox.retry(id),
    onEdit: ({ id, text, reply, files = [] }) => {
      if (isArchived()) return actions.tellArchived()
      page.outbox.discard(id)
      attachments.giveBack(files)
      composer.giveBack(text, reply)
      void followAnswered(room, user, composer)
    },
    onDiscard: ({ id }) => {
      page.outbox.discard(id)
      composer.focus()
    },
  },
  { earlier: byId('beginning', HTMLElement).hidden !== false, later: later === 'true' },
)
const readPosition = new ReadPosition(timeline, {
  kept: new KeptPlace(user),
  read: Number(read),
  onRead: (seq) => page.send({ type: 'read', seq }),
  onEnd: () => history.returned(),
  onScroll: (direction) => history.scrolled(direction),
})
const history = new LiveHistory({
  room,
  user,
  timeline,
  readPosition,
  latest: Math.max(Number(rev), timeline.newest),
  isBlocked: (username) => blocked.has(username),
  onNews: (messages) => announcer.tell(messages),
})
followFolds(timeline.element)
blocked.onChange(() => {
  readPosition.holding(() => foldBlocked(timeline.element, blocked))
  page.roster.endTyping((username) => blocked.has(username))
  composer.blocksChanged()
})
const lateColours = new LateColours({
  room,
  user,
  timeline: timeline.element,
  renew: (message) => readPosition.holding(() => timeline.renew(message)),
})
const seenBy = new SeenBy(timeline, user)
const announcer = new Announcer()
const removeStarters = starters((text) => composer.giveBack(text))
const receiveMessage = batch(receiveMessages)
const page: LivePage = new LivePage({
  user,
  place: room,
  frameOf: messageFrame,
  onFrame: receive,
  onConnected: () => {
    readPosition.tellAgain()
    void draft.reconcile()
    page.send({ type: 'seen' })
  },
  onDrafts: (drafts) => {
    if (drafts.length > 0) removeStarters()
    timeline.showPending(drafts)
  },
  onOver: () => composer.close(),
  focus: () => composer.focus(),
})
const previews = new PreviewRequests((frame) => !isArchived() && page.send(frame))
const valuePreview = new ValuePreview(previews)
new ValueChecks(timeline.element, previews)
const composer = new Composer({
  hasFiles: () => !attachments.isEmpty,
  isBlocked: (username) => blocked.has(username),
  onSay: (text, reply) => {
    const files = attachments.take()
    // The note says what it waits for.
    if (!files) return byId('composer-note', HTMLElement).textContent
    if (!page.outbox.add(text, reply, files))
      return `${WAITING} messages are waiting to be sent. Wait until they have been sent.`
    attachments.clear()
    timeline.markUnread(undefined)
    readPosition.toEnd()
    return undefined
  },
  onEdit: (seq, text) => actions.changeText(seq, text),
  onEditLast: () => actions.editLast(),
  onTyping: (on) => page.send({ type: 'typing', on }),
  onText: (text) => valuePreview.show(text),
  onWritten: () => draft.changed(),
  onGone: (notice) => actions.tell(notice),
})
const draft = openDraft(room, user, composer)
const attachments = new Attachments({
  room,
  user,
  tell: (words) => composer.tell(words),
  onReady: () => composer.submit(),
})
fileSources((files) => (isArchived() ? actions.tellArchived() : attachments.add(files)))
pictureViewer(timeline.element)
completeMentions(byId('message', HTMLTextAreaElement), byId('mention-list', HTMLElement), {
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
  administers: administers === 'true',
  pins: pins === 'true',
  isArchived,
  emoji,
})

new MessageKeys({
  timeline: timeline.element,
  focus: new MessageFocus(timeline.element),
  onCommand: (command, message) => actions.run(command, message),
  onMenu: (message) => actions.openMenu(message),
  onNewest: () => readPosition.toEnd(),
  onUnread: showUnread,
  onLeave: () => composer.focus(),
})

if (first) timeline.markUnread(Number(first))
open()
lateColours.look()
page.outbox.acknowledge(timeline.ownIds)
byId('menu-zone', HTMLInputElement).value = ownZone
sheetBeside(() => page.fitHerePanel())
whenRead(room, (seq) => readPosition.readElsewhere(seq))
document.querySelector('.side [aria-current]')?.scrollIntoView({ block: 'nearest' })
if (marked === undefined && !isArchived() && matchMedia('(pointer: fine)').matches) composer.focus()

/** Shows the place that the reader comes back to, or that a link led to, or where the unread begins. */
function open(): void {
  const place = readPosition.formerPlace
  if (place && !timeline.find(place.seq)) history.loadAround(place.seq, () => show(place))
  else show(place)
}

function show(place: Place | undefined): void {
  if (place) readPosition.returnTo(place)
  else if (marked !== undefined && readPosition.openAt(marked)) actions.focus(marked)
  else if (!from || !readPosition.openFrom(Number(from))) openAtNews()
  // Not before: at the end, where the page begins, everything is seen.
  readPosition.setUnread(Number(unread))
}

function openAtNews(): void {
  if (timeline.unreadMark) readPosition.openAtUnread(Number(unread))
  else if (!timeline.reachesEnd) readPosition.openAtBottom()
}

/** Goes to the first unread message, and brings the focus there. */
function showUnread(): void {
  const mark = timeline.unreadMark
  const seq = mark ? Number(nextMessage(mark)?.dataset.seq) : timeline.firstUnread
  if (seq === undefined) return
  const show = () => {
    readPosition.openFrom(seq)
    timeline.focus(timeline.nearest(seq))
  }
  if (timeline.find(seq)) show()
  else history.loadAround(seq, show)
}

function receive(frame: ServerObject): void {
  switch (frame.type) {
    case 'message':
      if (!isMessage(frame)) return
      page.roster.learnPerson(frame.sender, frame.sender_name, frame.sender_picture)
      page.roster.setTyping(frame.sender, false)
      return receiveMessage(frame)
    case 'typing':
      return page.roster.setTyping(
        String(frame.sender),
        frame.on === true && !blocked.has(String(frame.sender)),
      )
    case 'preview':
      return previews.receive(frame)
    case 'notice':
      page.outbox.acknowledge(new Set([String(frame.id)]))
      // It stays until it was read: nothing else shows what was understood.
      return actions.tell(String(frame.notice))
    case 'seen':
      return readPosition.holding(() => seenBy.receive(frame))
    case 'glance':
      return blocked.has(String(frame.sender)) ? undefined : showGlance(frame)
    case 'reset':
      return history.loadAnew()
    case 'error':
      return refused(frame)
  }
}

function receiveMessages(messages: readonly MessageFrame[]): void {
  removeStarters()
  history.add(messages)
  for (const message of messages) composer.follow(message)
  readPosition.holding(() => seenBy.show())
  lateColours.look()
  page.outbox.acknowledge(new Set(messages.filter(({ sender }) => sender === user).map(({ id }) => id)))
}

function refused(frame: ServerObject): void {
  page.refuse(frame)
  previews.refuse(String(frame.id))
}
