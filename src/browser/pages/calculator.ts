import type { ResultFrame } from '../../calculator/protocol.ts'
import { Completion } from '../calculator/completion.ts'
import { ExpressionInput } from '../calculator/expression-input.ts'
import { isResult, previewOf } from '../calculator/frames.ts'
import { Lines } from '../calculator/lines.ts'
import { byId, find } from '../live/dom.ts'
import type { ServerObject } from '../live/frames.ts'
import { showGlance } from '../live/glance.ts'
import { LivePage, livePageData } from '../live/live-page.ts'
import { type PendingDraft, WAITING } from '../live/outbox.ts'
import { ReadPosition } from '../live/read-position.ts'

const { socket: place = '', user = '', name } = livePageData()

const lines = new Lines({
  user,
  name: name || undefined,
  shared: !find(document, 'details.here', HTMLElement).hidden,
  onValue: (text) => expressionInput.insert(text),
  onNote: (text) => expressionInput.say(text),
  onRetry: ({ id }) => page.outbox.retry(id),
  onEdit: ({ id, text }) => {
    page.outbox.discard(id)
    expressionInput.edit(text)
  },
  onDiscard: ({ id }) => page.outbox.discard(id),
})
// What was read on a sheet is nobody else's business.
const readPosition = new ReadPosition(lines, {
  key: `place ${user} ${place}`,
  read: lines.newest,
  onRead: () => true,
  onEnd: () => lines.markUnread(undefined),
})
// Before the line itself: what completes a word takes its keys first.
new Completion(byId('expression', HTMLInputElement), byId('completions', HTMLElement), sheetExpressions)
const drafts = new Map<string, PendingDraft>()
const expressionInput = new ExpressionInput({
  onEnter: (expression) => {
    if (!page.outbox.add(expression)) return `${WAITING} lines are waiting to be sent. Go on when they are.`
    readPosition.toEnd()
    return undefined
  },
  onPreview: (expression, id) => page.send({ type: 'preview', expression, id }),
  history: () => lines.ownExpressions,
})
const page: LivePage = new LivePage({
  user,
  place,
  frameOf: ({ id, text }) => ({ expression: text, id }),
  onFrame: receive,
  onConnected: () => expressionInput.connected(),
  onDrafts: showDrafts,
  onOver: () => expressionInput.close(),
  focus: () => expressionInput.focus(),
})

if (readPosition.formerPlace !== undefined) readPosition.returnToPlace()
page.outbox.acknowledge(lines.ownIds)
for (const example of document.querySelectorAll<HTMLButtonElement>('button.try')) {
  example.addEventListener('click', () => expressionInput.replace(example.textContent))
}

function* sheetExpressions(): Generator<string> {
  for (const line of document.querySelectorAll('#timeline .expression')) yield line.textContent
}

function receive(frame: ServerObject): void {
  switch (frame.type) {
    case 'result':
      return isResult(frame) ? receiveResult(frame) : undefined
    case 'preview':
      return expressionInput.answered(previewOf(frame))
    case 'glance':
      return showGlance(frame)
    case 'reset':
      return location.reload()
    case 'error':
      return refused(frame)
  }
}

function receiveResult(line: ResultFrame): void {
  const own = line.sender === user
  if (own) page.outbox.acknowledge(new Set([line.id]))
  byId('beginning', HTMLElement).hidden = true
  for (const { seq, sender } of lines.receive(line)) readPosition.arrived(sender === user ? 0 : 1, seq)
}

function refused({ id, error, position, retry_after: wait }: ServerObject): void {
  if (typeof id !== 'string') return
  const draft = drafts.get(id)
  if (typeof wait === 'number') {
    if (draft) page.outbox.refuse(id, String(error), wait)
    else setTimeout(() => expressionInput.connected(), wait)
  } else if (!draft) expressionInput.answered(previewOf({ id, error }))
  else giveBack(draft, String(error), typeof position === 'number' ? position : undefined)
}

/** What cannot be calculated goes back to where it was typed, unless the next line stands there already. */
function giveBack(draft: PendingDraft, error: string, position: number | undefined): void {
  if (!expressionInput.empty) return page.outbox.refuse(draft.id, error)
  page.outbox.discard(draft.id)
  expressionInput.giveBack(draft.text, error, position)
}

function showDrafts(now: readonly PendingDraft[]): void {
  drafts.clear()
  for (const draft of now) drafts.set(draft.id, draft)
  lines.showPending(now)
}
