import type { Handles, Receives } from '../channels/index.ts'
import { CloseCode, FrameError } from '../channels/index.ts'
import { enterRoom, membersGroup, type RoomLeft } from '../rooms/index.ts'
import { StreamConsumer } from '../streams/index.ts'
import { type ClientFrame, type ClientFrameOf, checkFrame } from './protocol.ts'
import type { EvaluationError } from './sandbox/answers.ts'
import { type Line, resultFrame } from './sheet/lines.ts'
import { SheetBusy } from './sheet/sheet-queues.ts'
import { ownSheet, roomSheet, sheetOf } from './sheet/sheets.ts'

/** One person's connection to a sheet: their own, or a room's. */
export class CalculatorConsumer
  extends StreamConsumer<Line>
  implements Receives<ClientFrame>, Handles<RoomLeft>
{
  static override readonly frames = checkFrame
  #sheet = 0
  #preview: AbortController | undefined

  override async connect(): Promise<void> {
    const { database, calculator } = this.app
    const { room: slug } = this.scope.params
    const room = slug === undefined ? undefined : await enterRoom(database, slug, this.identity.user.id)
    if (slug !== undefined && !room) return this.close(CloseCode.notFound, 'no such room')
    if (room) await this.groupAdd(membersGroup(room.id))
    const owner = room ? roomSheet(room.id) : ownSheet(this.identity.user.id)
    const { id } = await sheetOf(database, owner)
    this.#sheet = id
    await this.follow(calculator.feeds, id, room ? { room: room.slug } : {})
  }

  async receiveEvaluate({ expression, id }: ClientFrameOf<'evaluate'>): Promise<void> {
    this.#preview?.abort()
    const { calculations } = this.app.calculator
    const adding = calculations.add(this.#sheet, this.identity.user, expression, id)
    const calculated = await this.stored(adding.catch(refused))
    if ('error' in calculated) throw frameError(calculated)
    if (calculated.repeat) this.sendJson({ ...resultFrame(calculated.line), repeat: true })
    else this.sendPromptly(calculated.line.rev)
  }

  /** Not waited for: the next line is not held up by a preview, and a newer preview takes its place. */
  receivePreview({ expression, id }: ClientFrameOf<'preview'>): void {
    this.#show(expression, id).catch((error) => {
      this.log.error({ err: error }, 'a preview failed')
      this.sendError(new FrameError('internal', 'this could not be calculated; try again'), id)
    })
  }

  'room.left'(event: RoomLeft): void {
    if (event.user === this.identity.user.id) this.close(CloseCode.forbidden, 'you left this room')
  }

  override disconnect(code: number): void {
    this.#preview?.abort()
    super.disconnect(code)
  }

  async #show(expression: string, id: string | undefined): Promise<void> {
    this.#preview?.abort()
    const mine = new AbortController()
    this.#preview = mine
    const { calculations } = this.app.calculator
    const place = { sheet: this.#sheet, rev: this.rev }
    const outcome = await calculations.preview(place, this.identity.user, expression, mine.signal)
    if (mine.signal.aborted) return
    const answer =
      'error' in outcome ? { error: outcome.error.message } : { result: outcome.result, text: outcome.text }
    this.sendJson({ type: 'preview', ...(id === undefined ? {} : { id }), ...answer })
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
