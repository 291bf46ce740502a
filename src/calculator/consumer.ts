import type { Receives } from '../channels/index.ts'
import { FrameError } from '../channels/index.ts'
import { presentGroup, type Room, RoomConsumer } from '../rooms/index.ts'
import type { Computed } from './language/index.ts'
import { type ClientFrame, type ClientFrameOf, checkFrame } from './protocol.ts'
import type { EvaluationError } from './sandbox/answers.ts'
import { type Line, resultFrame } from './sheet/lines.ts'
import { SheetBusy } from './sheet/sheet-queues.ts'
import { ownSheet, roomSheet, type SheetOwner, sheetOf } from './sheet/sheets.ts'

/** One person's connection to a sheet: their own, or a room's. */
export class CalculatorConsumer extends RoomConsumer<Line> implements Receives<ClientFrame> {
  static override readonly frames = checkFrame
  protected override readonly part = 'sheet'
  #sheet = 0
  #preview: AbortController | undefined

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
    this.#preview?.abort()
    const { calculations } = this.app.calculator
    const adding = calculations.add(this.#sheet, this.identity.user, expression, id)
    const calculated = await this.stored(adding.catch(refused))
    if ('error' in calculated) throw frameError(calculated)
    if (calculated.repeat) this.sendJson({ ...resultFrame(calculated.line), repeat: true })
    else {
      this.sendPromptly(calculated.line.rev)
      if (!this.#isOwn) this.app.rooms.glances.tell(this.room.id, 'sheet', calculated.line)
    }
  }

  /** Not waited for: the next line is not held up by a preview, and a newer preview takes its place. */
  receivePreview({ expression, id }: ClientFrameOf<'preview'>): void {
    this.#show(expression, id).catch((error) => {
      this.log.error({ err: error }, 'a preview failed')
      this.sendError(new FrameError('internal', 'this could not be calculated; try again'), id)
    })
  }

  override disconnect(code: number): void {
    this.#preview?.abort()
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
    await this.follow(calculator.feeds, id, about, presentIn)
  }

  async #show(expression: string, id: string | undefined): Promise<void> {
    this.#preview?.abort()
    const mine = new AbortController()
    this.#preview = mine
    const { calculations } = this.app.calculator
    const place = { sheet: this.#sheet, rev: this.rev }
    const outcome = await calculations.preview(place, this.identity.user, expression, mine.signal)
    if (mine.signal.aborted) return
    const answer = 'error' in outcome ? { error: outcome.error.message } : previewOf(outcome)
    this.sendJson({ type: 'preview', ...(id === undefined ? {} : { id }), ...answer })
  }
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

function refused(error: unknown): never {
  throw error instanceof SheetBusy ? new FrameError('internal', error.message) : error
}

function frameError({ error: { code, message, position } }: EvaluationError): FrameError {
  return new FrameError(
    code === 'cancelled' ? 'internal' : code,
    message,
    position === undefined ? {} : { position },
  )
}
