import { authorOf, postedText } from '../../calculator/presentation.ts'
import type { ResultFrame } from '../../calculator/protocol.ts'
import { avatarOf, personName } from '../../web/presentation.ts'
import { Announcer } from '../calculator/announcer.ts'
import { Completion, type NameSuggestion } from '../calculator/completion.ts'
import { copyValue } from '../calculator/copy.ts'
import { DraftSharing } from '../calculator/draft-sharing.ts'
import type { EditorTarget } from '../calculator/editor-target.ts'
import { Edits } from '../calculator/edits.ts'
import { ExpressionInput } from '../calculator/expression-input.ts'
import { ForeignDrafts } from '../calculator/foreign-drafts.ts'
import { editingOf, isResult, previewOf } from '../calculator/frames.ts'
import { LineEditor } from '../calculator/line-editor.ts'
import { LineKeys } from '../calculator/line-keys.ts'
import { type LineCommand, LineMenu } from '../calculator/line-menu.ts'
import { inputOf, LiveValueList } from '../calculator/live-values.ts'
import { loadMore } from '../calculator/more-lines.ts'
import { NameLens } from '../calculator/name-lens.ts'
import { namesPanel } from '../calculator/names-panel.ts'
import { PendingEdits } from '../calculator/pending-edits.ts'
import { TalkPosts } from '../calculator/post-to-talk.ts'
import { type AskedPreview, PreviewRequests } from '../calculator/preview-requests.ts'
import { ProvisionalValues } from '../calculator/provisional-values.ts'
import { RenameDialog } from '../calculator/rename-dialog.ts'
import { type Row, Rows } from '../calculator/rows.ts'
import { keepPlace } from '../calculator/scroll-place.ts'
import { followClicks } from '../calculator/sheet-clicks.ts'
import { UndoHistory } from '../calculator/undo-history.ts'
import { type PendingDraft, type ServerObject, WAITING } from '../client/index.ts'
import { button, byId } from '../live/dom.ts'
import { showGlance } from '../live/glance.ts'
import { unfinishedKey } from '../live/kept-texts.ts'
import { LivePage, livePageData } from '../live/live-page.ts'
import { locale } from '../live/locale.ts'
import { Notices } from '../live/notices.ts'
import { followArchiving, onlyReadArchived } from '../rooms/archived-room.ts'
import { BlockedPeople } from '../rooms/blocked-people.ts'
import { hearPageAround } from '../rooms/page-around.ts'
import { followName } from '../rooms/renamed-room.ts'

const {
  socket: place = '',
  user = '',
  name,
  picture,
  room = '',
  rev = '0',
  blocked: blockedNames = '',
} = livePageData()
const isShared = room !== ''
const path = isShared ? `/rooms/${room}/calculator` : '/calculator'
/** One's own edits, under which the preview of a draft is shown too. */
const OWN = ''

const announcer = new Announcer()
const say = (text: string) => announcer.say(text)
const notices = new Notices(() => expressionInput.focus())
const tell = (text: string) => notices.tell(text)
const rows = new Rows({
  viewer: user,
  isShared,
  path,
  locale,
  rev: Number(rev),
  onChanged: linesChanged,
})
/** A room's sheet may have some. */
const liveValues = isShared ? new LiveValueList() : undefined
const provisional = new ProvisionalValues(rows)
const others = new ForeignDrafts(rows, provisional, (username) => page.roster.nameOf(username) ?? username)
const blocked = new BlockedPeople(blockedNames)
blocked.onChange(() => others.leaveOut((username) => blocked.has(username)))
const history = new UndoHistory(`edits ${user} ${place}`)
const edits = new Edits({ rows, history, outbox: () => page.outbox, onNote: tell })
const talk = new TalkPosts({ user, room })
const sharing = new DraftSharing((frame) => isShared && page.send(frame))
const renameDialog = new RenameDialog((from, to) => edits.rename(from, to))
const lens = new NameLens({ rows, onGo: goTo, onRename: (chosen) => renameDialog.ask(chosen) })
const editor = new LineEditor({
  key: unfinishedKey('line', user, place),
  rows,
  names: nameSuggestions,
  pendingOf: (row) => pending.textOf(row),
  onDraft: (draft) => written(draft, linePreviews),
  onValues: (values) => provisional.set(OWN, values),
  onSpoken: say,
  onKeep: keepLine,
  onPaste: pasteLines,
  onKey: (event, target) => keys.inLine(event, target),
  onCaret: (input, target) =>
    target
      ? lens.look(input, target.kind === 'line' ? target.row : undefined)
      : lens.show(undefined, undefined),
})
editor.element.append(lens.element)
const linePreviews = new PreviewRequests(
  (frame) => page.send(frame),
  (answer) => editor.answered(answer),
)
const endPreviews = new PreviewRequests(
  (frame) => page.send(frame),
  (answer) => {
    expressionInput.answered(answer)
    provisional.set(OWN, answer.values)
  },
)
// Before the line itself: what completes a word takes its keys first.
new Completion(byId('expression', HTMLInputElement), byId('completions', HTMLElement), nameSuggestions)
const expressionInput = new ExpressionInput({
  key: unfinishedKey('expression', user, place),
  locale: rows.locale,
  onEnter: (expression) =>
    page.outbox.add(expression)
      ? undefined
      : `${WAITING} lines are waiting to be sent. Wait until they have been sent.`,
  onDraft: (draft) => {
    if (!draft) provisional.clear(OWN)
    written(draft, endPreviews)
  },
  onSpoken: say,
  onPaste: (expressions) => edits.insertAll(expressions, null),
  onUp: () => rows.last && editor.open(rows.last),
  history: () => ownExpressions(),
})
const keys = new LineKeys({
  rows,
  editor,
  edits,
  lens,
  onRename: (chosen) => renameDialog.ask(chosen),
  onEnd: () => expressionInput.focus(),
  canUndoTyping: () => expressionInput.canUndoTyping,
})
const pending = new PendingEdits({
  rows,
  author: isShared
    ? { name: personName(user, name || undefined), avatar: avatarOf(user, true, name || undefined, picture) }
    : undefined,
  onRetry: ({ id }) => page.outbox.retry(id),
  onEdit: ({ id, text, command }) => {
    const row = typeof command?.seq === 'number' ? rows.find(command.seq) : undefined
    if (row && !editor.open(row)) return
    page.outbox.discard(id)
    if (!row) return expressionInput.edit(text)
    editor.input.select()
    editor.insert(text)
  },
  onDiscard: ({ id }) => page.outbox.discard(id),
  onInsist: (draft) => edits.insist(draft),
  onChosen: (seq) => focusRow(rows.find(seq)),
  onShown: () => editor.settle(),
})
// Leaving the page leaves the line: its text is kept by the browser, and sent from the next page. This comes before
// the page's own handlers, which let go of the connection and leave what waits to other tabs.
addEventListener('pagehide', () => editor.leavePage())
const page: LivePage = new LivePage({
  user,
  place,
  frameOf: (draft) => edits.frameOf(draft),
  onFrame: receive,
  onConnected: () => {
    others.clear()
    sharing.again()
    askAgain()
  },
  onDrafts: (drafts) => {
    byId('beginning', HTMLElement).hidden ||= drafts.length > 0
    pending.show(drafts)
    edits.goOn()
  },
  onOver: () => {
    editor.stop()
    expressionInput.close()
  },
  focus: () => expressionInput.focus(),
})

page.outbox.acknowledge(ownIds())
expressionInput.restore()
new LineMenu(rows, command)
namesPanel(rows, { onChosen: putIn, onClose: () => editor.target && editor.input.focus() })
followClicks({
  rows,
  editor,
  lens,
  onValue: putIn,
  onCopy: (button, text) => void copyValue(button, text).then(say),
  onGo: goTo,
})
keepPlace(`place ${user} ${place}`)
const isLinked = rows.find(linkedSeq()) !== undefined
void loadMore(rows, isShared ? `/api/sheets/${room}` : '/api/sheets').then(() => {
  editor.restore()
  // A link to a line that the page came without.
  const row = isLinked ? undefined : rows.find(linkedSeq())
  if (row && !editor.target && expressionInput.empty) goTo(row)
})
// Without a script they are texts to type.
for (const example of document.querySelectorAll('code.try')) {
  const text = example.textContent
  const control = button(text, () => expressionInput.replace(text))
  control.className = 'try'
  example.replaceWith(control)
}
const print = byId('print', HTMLButtonElement)
print.hidden = false
print.addEventListener('click', () => window.print())

if (isShared) {
  hearPageAround()
  followName(room)
  const isArchived = followArchiving(room, byId('calculate', HTMLElement))
  onlyReadArchived(byId('timeline', HTMLElement), isArchived)
}

/** Something was typed: its value is asked for, and the others are told. */
function written(draft: AskedPreview | undefined, requests: PreviewRequests): void {
  if (draft) requests.ask(draft)
  else requests.cancel()
  sharing.share(draft)
}

function askAgain(): void {
  for (const requests of [linePreviews, endPreviews]) requests.again()
}

function keepLine(target: EditorTarget, expression: string): boolean {
  if (target.kind === 'new') return edits.insert(expression, target.before)
  return edits.set(target.row.seq, expression, target.base)
}

function pasteLines(target: EditorTarget, expressions: readonly string[]): boolean {
  if (target.kind === 'new') return edits.insertAll(expressions, target.before)
  const { row, base } = target
  const before = rows.seqBelow(row)
  if (before !== undefined) return edits.insertAll(expressions, before, { seq: row.seq, base })
  tell('The lines below are still loading. Try again in a moment.')
  return false
}

/** Puts a name, or a reference, where one is writing. */
function putIn(text: string): void {
  if (editor.target) editor.insert(text)
  else expressionInput.insert(text)
}

/** The line that the address leads to; 0: it leads to none. */
function linkedSeq(): number {
  return Number(/^#line-(\d+)$/.exec(location.hash)?.[1] ?? 0)
}

function goTo(row: Row): void {
  if (!editor.leave()) return
  row.element.scrollIntoView({ block: 'center' })
  keys.focus(row)
  row.element.classList.remove('found')
  // So that the mark fades anew.
  void row.element.offsetWidth
  row.element.classList.add('found')
}

/** @param row undefined: the focus goes to where new lines are written */
function focusRow(row: Row | undefined): void {
  if (row) keys.focus(row)
  else expressionInput.focus()
}

function command(chosen: LineCommand, row: Row): void {
  switch (chosen) {
    case 'copy':
      return void copyValue(undefined, copiedOf(row)).then(tell)
    case 'insert':
      return editor.openNew(row.seq)
    case 'up':
    case 'down':
      return keys.move(row, chosen)
    case 'rename':
      return renameDialog.ask(row.called)
    case 'post':
      return void talk.post(postedText(row.expression, row.text, isRounded(row))).then(tell)
    case 'remove':
      keys.remove(row)
  }
}

function copiedOf({ element }: Row): string {
  return element.querySelector<HTMLElement>('.copy')?.dataset.text ?? ''
}

function isRounded({ element }: Row): boolean {
  return element.querySelector('.answer > .equals') !== null
}

/** @param beginning in small letters */
function* nameSuggestions(beginning: string): Generator<NameSuggestion> {
  for (const defined of rows.names.names) {
    if (!defined.toLowerCase().startsWith(beginning)) continue
    const [row] = rows.sorted(rows.names.definitions(defined))
    if (row) yield { name: defined, description: row.expression.trim() }
  }
  for (const { name, text } of liveValues?.entries() ?? [])
    if (!rows.names.isDefined(name) && name.toLowerCase().startsWith(beginning))
      yield { name, description: text }
}

function ownRows(): readonly Row[] {
  return rows.all.filter(({ element }) => element.classList.contains('own'))
}

function ownExpressions(): string[] {
  return ownRows().map(({ expression }) => expression)
}

function ownIds(): Set<string> {
  return new Set(ownRows().map(({ element }) => element.dataset.id ?? ''))
}

function receive(frame: ServerObject): void {
  switch (frame.type) {
    case 'result':
      return isResult(frame) ? receiveResult(frame) : undefined
    case 'input':
      liveValues?.receive(inputOf(frame))
      rows.passed(Number(frame.rev), Number(frame.until))
      return liveValues?.showUpTo(rows.rev)
    case 'preview': {
      const answer = previewOf(frame)
      if (!linePreviews.answered(answer)) endPreviews.answered(answer)
      return
    }
    case 'editing':
      return blocked.has(String(frame.name)) ? undefined : others.receive(editingOf(frame))
    case 'done':
      return edits.done(frame)
    case 'glance':
      return blocked.has(String(frame.sender)) ? undefined : showGlance(frame)
    case 'reset':
      return location.reload()
    case 'error':
      return refused(frame)
  }
}

function receiveResult(line: ResultFrame): void {
  rows.receive(line)
  liveValues?.showUpTo(rows.rev)
  if (line.sender === user) edits.added(line)
}

function linesChanged(lines: readonly ResultFrame[], written: readonly ResultFrame[]): void {
  byId('beginning', HTMLElement).hidden = rows.size > 0
  const lost = rows.takeLostFocus()
  const wasWritten = editor.isChanged
  editor.leaveRemoved()
  editor.settle()
  // The text that was typed in a removed line is shown at the end, to choose from.
  if (lost && document.activeElement === document.body) focusRow(wasWritten ? undefined : lost.nearest)
  for (const line of written.slice(0, 1)) announceChange(line, lines.length - 1)
}

/** Tells what somebody else changed; what one changed oneself is told by its value. */
function announceChange(line: ResultFrame, followers: number): void {
  const { name: by, displayName = by } = authorOf(line)
  const what = line.removed
    ? 'removed a line'
    : `${line.rev === line.seq ? 'added' : 'changed'} ${line.expression}`
  const value = line.error ? `, an error: ${line.error.message}` : line.text ? `, equals ${line.text}` : ''
  const others =
    followers === 0 ? '' : followers === 1 ? ', and 1 more line' : `, and ${followers} more lines`
  if (by === user) {
    if (value) announcer.say(value.slice(2))
  } else announcer.changed(`${displayName} ${what}${value}${others}`)
}

function refused(frame: ServerObject): void {
  const { id, error, position, retry_after: wait } = frame
  if (typeof id !== 'string' || edits.refused(frame)) return
  const draft = pending.find(id)
  if (typeof wait === 'number') {
    if (draft) page.outbox.refuse(id, String(error), wait)
    else setTimeout(askAgain, wait)
  } else if (draft) giveBack(draft, String(error), typeof position === 'number' ? position : undefined)
  else if (!linePreviews.answered(previewOf({ id, error }))) endPreviews.answered(previewOf({ id, error }))
}

/** Puts a refused line back where it was typed, unless the next one is there already. */
function giveBack(draft: PendingDraft, error: string, position: number | undefined): void {
  if (!expressionInput.empty) return page.outbox.refuse(draft.id, error)
  page.outbox.discard(draft.id)
  expressionInput.giveBack(draft.text, error, position)
}
