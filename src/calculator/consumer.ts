import type { LiveChanged, Receives, ReceivesOther, SentFrames } from '../channels/index.ts'
import { FrameError } from '../channels/index.ts'
import { presentGroup, type Room, RoomConsumer } from '../rooms/index.ts'
import { type DraftValue, decodeDraft, draftsGroup, encodeDraft, type SharedDraft } from './drafts.ts'
import type { Computed } from './language/index.ts'
import { CalculationError } from './numbers/index.ts'
import { type ClientFrame, type ClientFrameOf, checkFrame, sentFrames } from './protocol.ts'
import type { Evaluation, EvaluationError } from './sandbox/answers.ts'
import { changesOf, type Edited, EditRefused, type SheetCommand } from './sheet/commands.ts'
import { commandOf, type EditFrame } from './sheet/edit-frames.ts'
import { type Line, resultFrame } from './sheet/line.ts'
import type { Draft, Previewed } from './sheet/preview.ts'
import { SheetBusy } from './sheet/sheet-busy.ts'
import { ownSheet, roomSheet, type SheetOwner, sheetOf } from './sheet/sheets.ts'

/** Drafts that a new connection is told of. */
const DRAFTS_TOLD = 50

/** Values that are told with a draft, the line's own among them. */
const VALUES_SHARED = 50

/** A draft whose value is on its way. */
interface Calculating {
  readonly key: string
  readonly found: Promise<Previewed | EvaluationError>
  readonly stop: AbortController
}

/** One person's connection to a sheet: their own, or a room's. */
export class CalculatorConsumer
  extends RoomConsumer<Line>
  implements Receives<Exclude<ClientFrame, EditFrame>>, ReceivesOther<EditFrame>
{
  static override readonly keyScope = ['read', 'sheets'] as const
  static override readonly frames = checkFrame
  static override readonly sends: SentFrames = { ...RoomConsumer.sends, ...sentFrames }
  static override readonly frameScopes = {
    evaluate: 'sheets',
    insert: 'sheets',
    set: 'sheets',
    move: 'sheets',
    remove: 'sheets',
    edit: 'sheets',
    rename: 'sheets',
    undo: 'sheets',
    redo: 'sheets',
    preview: 'sheets',
    editing: 'sheets',
  } as const
  protected override readonly part = 'sheet'
  #sheet = 0
  /** The numbers of the last preview that was asked for and of the last draft that was written. */
  #previews = 0
  #drafts = 0
  #calculation: Calculating | undefined
  /** The draft as the others were last told of it. */
  #draft: SharedDraft | undefined

  override connect(): Promise<void> {
    return this.#isOwn ? this.#open(ownSheet(this.identity.user.id), {}) : super.connect()
  }

  protected override enter({ id, slug }: Room): Promise<void> {
    return this.#open(roomSheet(id), { room: slug }, presentGroup(id))
  }

  protected override permit(frame: ClientFrame): void {
    if (!this.#isOwn) super.permit(frame)
  }

  async receiveEvaluate({ expression, id }: ClientFrameOf<'evaluate'>): Promise<void> {
    this.#previews += 1
    this.#calculation?.stop.abort()
    const { position } = this
    const edited = await this.#keep({ type: 'append', expression }, id)
    const isAnswered = !edited.repeat && this.arrives(edited.rev, position)
    if (!isAnswered && edited.line) this.sendJson({ ...resultFrame(edited.line), repeat: true })
    else this.sendPromptly(edited.rev)
  }

  override async receiveOtherFrame(frame: EditFrame): Promise<void> {
    const edited = await this.#keep(commandOf(frame), frame.id)
    this.done(frame.id, edited.rev)
  }

  /** Not waited for: the next line is not held up by a preview, and a newer preview takes its place. */
  receivePreview({ id, ...draft }: ClientFrameOf<'preview'>): void {
    this.#show(draft, id).catch((error) => {
      this.log.error({ err: error }, 'a preview failed')
      this.sendError(new FrameError('internal', 'this could not be calculated; try again'), id)
    })
  }

  /** Shares what somebody is writing, first by itself and then with what it would change. */
  receiveEditing({ seq, before, expression }: ClientFrameOf<'editing'>): void {
    this.#drafts += 1
    const number = this.#drafts
    if (expression === undefined) return this.#endDraft()
    const draft: SharedDraft = {
      ...(typeof seq === 'number' && { seq }),
      ...(before !== undefined && { before }),
      expression,
    }
    this.#share(draft)
    this.#previewed(draft)
      .then((found) => {
        if (number !== this.#drafts || 'error' in found) return
        const own = draftValues(draft.seq ?? 0, found.value)
        this.#share({ ...draft, values: [...own, ...othersOf(found)].slice(0, VALUES_SHARED) })
      })
      .catch((error) => this.log.error({ err: error }, 'a draft could not be calculated'))
  }

  'drafts.changed'({ set, gone }: LiveChanged<'drafts'>): void {
    for (const [name, draft] of Object.entries(set)) this.#tellDraft(name, draft)
    for (const name of gone) if (name !== this.identity.user.name) this.sendLossy({ type: 'editing', name })
  }

  override disconnect(code: number): void {
    this.#drafts += 1
    this.#calculation?.stop.abort()
    if (this.#sheet !== 0) {
      this.app.calculator.drafts.clear(draftsGroup(this.#sheet), this.identity.user.name, this.channel)
      this.app.calculator.drafts.unwatch(draftsGroup(this.#sheet), this.channel)
      this.app.calculator.clock.unwatch(this.#sheet)
    }
    super.disconnect(code)
  }

  /** A person's own sheet has no room in its path. */
  get #isOwn(): boolean {
    return this.scope.params.room === undefined
  }

  async #open(owner: SheetOwner, about: { readonly room?: string }, presentIn?: string): Promise<void> {
    const { calculator, database } = this.app
    const { id } = await sheetOf(database, owner)
    this.#sheet = id
    calculator.clock.watch(id)
    await calculator.editor.ready(id)
    await this.follow(calculator.feeds, id, about, presentIn)
    await this.groupAdd(draftsGroup(id))
    await calculator.drafts.watch(draftsGroup(id), this.channel)
    const drafts = calculator.drafts.list(draftsGroup(id), DRAFTS_TOLD).entries
    for (const [name, draft] of drafts) this.#tellDraft(name, draft)
  }

  /** Makes an edit, and ends the draft of a line that it keeps, unless a newer draft came meanwhile. */
  async #keep(command: SheetCommand, id: string | undefined): Promise<Edited> {
    const number = this.#drafts
    const { editor } = this.app.calculator
    const edited = await this.stored(editor.edit(this.#sheet, this.identity.user, command, id), asFrameError)
    if (!this.#isOwn && !edited.repeat) this.#glance()
    if (number === this.#drafts && this.#draft && keeps(command, this.#draft)) this.#endDraft()
    return edited
  }

  #glance(): void {
    const { name, displayName = null } = this.identity.user
    const at = new Date().toISOString()
    this.app.rooms.glances.tell(this.room.id, 'sheet', { sender: name, senderName: displayName, at })
  }

  #endDraft(): void {
    this.#drafts += 1
    this.#share(undefined)
  }

  #share(draft: SharedDraft | undefined): void {
    this.#draft = draft
    const { drafts } = this.app.calculator
    const group = draftsGroup(this.#sheet)
    if (draft) drafts.set(group, this.identity.user.name, this.channel, encodeDraft(draft))
    else drafts.clear(group, this.identity.user.name, this.channel)
  }

  #tellDraft(name: string, text: string): void {
    const draft = name === this.identity.user.name ? undefined : decodeDraft(text)
    if (draft) this.sendLossy({ type: 'editing', name, seq: null, ...draft })
  }

  async #show(draft: Draft, id: string | undefined): Promise<void> {
    this.#previews += 1
    const number = this.#previews
    const previewed = await this.#previewed(draft)
    if (number !== this.#previews) return
    this.sendJson({ type: 'preview', ...(id === undefined ? {} : { id }), ...previewAnswer(previewed) })
  }

  /** A draft is calculated once for its writer and for the others. A newer one takes its place. */
  #previewed(draft: Draft): Promise<Previewed | EvaluationError> {
    const { expression, seq, before } = draft
    const key = JSON.stringify([expression, seq, before])
    if (this.#calculation?.key === key) return this.#calculation.found
    this.#calculation?.stop.abort()
    const stop = new AbortController()
    const found = this.#calculate(draft, stop.signal).finally(() => {
      if (this.#calculation === calculation) this.#calculation = undefined
    })
    const calculation = { key, found, stop }
    this.#calculation = calculation
    return found
  }

  async #calculate(draft: Draft, signal: AbortSignal): Promise<Previewed | EvaluationError> {
    try {
      return await this.app.calculator.preview(this.#sheet, draft, String(this.identity.user.id), signal)
    } catch (error) {
      if (error instanceof EditRefused) return { error: { code: 'evaluation', message: error.message } }
      if (error instanceof CalculationError) return { error: { code: error.code, message: error.message } }
      if (error instanceof SheetBusy) return { error: { code: 'internal', message: error.message } }
      throw error
    }
  }
}

/** Tells whether an edit writes the line that a draft is of. */
function keeps(command: SheetCommand, { seq }: SharedDraft): boolean {
  if (seq === undefined && command.type === 'append') return true
  return changesOf(command).some((change) =>
    seq === undefined
      ? change.type === 'insert'
      : change.type !== 'insert' && change.type !== 'move' && change.seq === seq,
  )
}

function previewAnswer(previewed: Previewed | EvaluationError) {
  if ('error' in previewed) return refusalOf(previewed)
  const values = othersOf(previewed)
  const found = 'error' in previewed.value ? refusalOf(previewed.value) : previewOf(previewed.value)
  return { ...found, ...(values.length > 0 && { values }) }
}

function refusalOf({ error: { message, position } }: EvaluationError) {
  return { error: message, ...(position !== undefined && { position }) }
}

/** Returns the values that the lines depending on a draft would have. */
function othersOf({ others }: Previewed) {
  return others.flatMap(({ seq, value }) => draftValues(seq, value))
}

/** Returns the value that a line would have, if it would have one. */
function draftValues(seq: number, value: Evaluation): DraftValue[] {
  if (!('text' in value)) return []
  const { text, rounded } = value
  return [{ seq, text, ...(rounded && { rounded }) }]
}

function previewOf({ kind, label, notes, result, rounded, text }: Computed) {
  return {
    kind,
    result,
    text,
    ...(label !== undefined && { label }),
    ...(rounded && { rounded }),
    ...(notes && { notes }),
  }
}

function asFrameError(error: unknown): unknown {
  if (error instanceof SheetBusy) return new FrameError('internal', error.message)
  if (error instanceof EditRefused) return new FrameError(error.code, error.message, { ...error.details })
  return error
}
