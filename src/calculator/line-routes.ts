import { randomUUIDv7 } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { identityOf } from '../accounts/index.ts'
import { FrameId } from '../channels/index.ts'
import { type FoundRoom, openRoom, roomOf } from '../rooms/index.ts'
import { HttpError } from '../web/index.ts'
import { codeParts, type TextParts } from '../web/presentation.ts'
import { lineView, namesOf, postedText, useOfValues } from './presentation.ts'
import { EditRefused, type LineChange } from './sheet/commands.ts'
import { EXPRESSION_LENGTH, LineText } from './sheet/edit-frames.ts'
import { type Line, resultFrame } from './sheet/line.ts'
import { linesAt } from './sheet/line-rows.ts'
import { ownSheet, roomSheet, sheetOf } from './sheet/sheets.ts'
import { localeOf } from './value-presentation.ts'

const LineParams = Type.Object({
  room: Type.Optional(Type.String()),
  seq: Type.String({ pattern: '^[1-9]\\d{0,14}$' }),
})
const Digits = Type.String({ pattern: '^\\d{1,15}$' })

/** `base` is the `rev` that the sheet had when the form was made. */
const ChangeForm = Type.Object({ expression: LineText, base: Digits })
/** `id` is made with the form, so that a form that is sent twice adds its line once. */
const InsertForm = Type.Object({
  expression: LineText,
  id: Type.Optional(Type.Union([FrameId, Type.Literal('')])),
})
const MoveForm = Type.Object({ direction: Type.Union([Type.Literal('up'), Type.Literal('down')]) })
const RemoveForm = Type.Object({ base: Digits })

type LineRequest = FastifyRequest<{ Params: Static<typeof LineParams> }>

/** A line of a sheet that a request is about. */
interface LineOfSheet {
  readonly room: FoundRoom | undefined
  readonly path: string
  readonly sheet: number
  readonly rev: number
  readonly line: Line
}

interface Entry {
  /** The text that was not accepted. */
  readonly expression: string | undefined
  readonly error: TextParts | null
  /** The line's present text, if somebody else has changed it. */
  readonly theirs: string | null
}

const NOTHING: Entry = { expression: undefined, error: null, theirs: null }
const UNREADABLE = `A line can have at most ${EXPRESSION_LENGTH.toLocaleString('en')} characters.`

/** A page for each line, with forms for all that can be done with it: for a browser without JavaScript. */
export async function lineRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { calculator, database, rateLimits, rooms } = app

  for (const base of ['/calculator', '/rooms/:room/calculator']) {
    const path = `${base}/lines/:seq`
    const options = {
      attachValidation: true,
      onRequest: rateLimits.sending,
      config: { written: 'expression' },
    }

    app.get(path, { schema: { params: LineParams }, onRequest: rateLimits.reading }, async (request, reply) =>
      linePage(reply, await lineIn(request), NOTHING),
    )

    app.post(
      path,
      { schema: { params: LineParams, body: ChangeForm }, ...options },
      async (request, reply) => {
        const found = await lineIn(request)
        if (request.validationError) return unreadable(request, reply, found)
        const { expression, base } = request.body
        return change(request, reply, found, {
          type: 'set',
          seq: found.line.seq,
          expression,
          base: Number(base),
        })
      },
    )

    app.post(
      `${path}/insert`,
      { schema: { params: LineParams, body: InsertForm }, ...options },
      async (request, reply) => {
        const found = await lineIn(request)
        if (request.validationError) return unreadable(request, reply, found)
        const { expression, id } = request.body
        const insertion = { type: 'insert', expression, before: found.line.seq } as const
        return change(request, reply, found, insertion, id || undefined)
      },
    )

    app.post(
      `${path}/move`,
      { schema: { params: LineParams, body: MoveForm }, ...options },
      async (request, reply) => {
        const found = await lineIn(request)
        if (request.validationError) return unreadable(request, reply, found)
        const before = await neighbourFor(found, request.body.direction)
        if (before === undefined) return backTo(reply, found)
        return change(request, reply, found, { type: 'move', seq: found.line.seq, before })
      },
    )

    app.post(
      `${path}/remove`,
      { schema: { params: LineParams, body: RemoveForm }, ...options },
      async (request, reply) => {
        const found = await lineIn(request)
        if (request.validationError) return unreadable(request, reply, found)
        return change(request, reply, found, {
          type: 'remove',
          seq: found.line.seq,
          base: Number(request.body.base),
        })
      },
    )
  }

  /** @throws HttpError 404 when the room or the line is not there, 403 when the person may not change it */
  async function lineIn(request: LineRequest): Promise<LineOfSheet> {
    const { room: slug, seq } = request.params
    const room =
      slug === undefined
        ? undefined
        : await (request.method === 'POST' ? openRoom(request, slug, 'speak') : roomOf(request, slug))
    const owner = room ? roomSheet(room.id) : ownSheet(identityOf(request).user.id)
    await calculator.editor.ready((await sheetOf(database, owner)).id)
    const { id: sheet, rev } = await sheetOf(database, owner)
    const line = (await linesAt(database, sheet, [Number(seq)])).get(Number(seq))?.line
    if (!line || line.removed)
      throw new HttpError(404, 'There is no such line', 'It may have been removed.', undefined, 'not_found')
    return { room, path: room ? `/rooms/${room.slug}/calculator` : '/calculator', sheet, rev, line }
  }

  async function change(
    request: FastifyRequest,
    reply: FastifyReply,
    found: LineOfSheet,
    change: LineChange,
    id?: string,
  ): Promise<FastifyReply> {
    const { user } = identityOf(request)
    try {
      await calculator.editor.edit(found.sheet, user, { type: 'change', change }, id)
    } catch (error) {
      if (!(error instanceof EditRefused)) throw error
      return refused(reply, found, change, error)
    }
    if (found.room)
      rooms.glances.tell(found.room.id, 'sheet', {
        sender: user.name,
        senderName: user.displayName ?? null,
        at: new Date().toISOString(),
      })
    return backTo(reply, found)
  }

  /** The same form again, with what is wrong, and with both texts where somebody else wrote in the line. */
  function refused(
    reply: FastifyReply,
    found: LineOfSheet,
    change: LineChange,
    { code, message, details }: EditRefused,
  ): Promise<FastifyReply> {
    if (details.removed || code === 'not_found')
      throw new HttpError(404, 'There is no such line', 'It has been removed.', undefined, 'not_found')
    const rev = Math.max(found.rev, details.rev ?? 0)
    return linePage(
      reply.code(400),
      { ...found, rev },
      {
        expression: change.type === 'set' ? change.expression : undefined,
        error: codeParts(message),
        theirs: code === 'conflict' ? (details.expression ?? '') : null,
      },
    )
  }

  function unreadable(
    request: FastifyRequest,
    reply: FastifyReply,
    found: LineOfSheet,
  ): Promise<FastifyReply> {
    const { body } = request
    const text: unknown =
      typeof body === 'object' && body !== null ? Reflect.get(body, 'expression') : undefined
    const expression = typeof text === 'string' ? text : undefined
    return linePage(reply.code(400), found, { expression, error: codeParts(UNREADABLE), theirs: null })
  }

  /** Finds the line behind which a line goes when it passes its neighbour; undefined: there is none. */
  function neighbourFor({ sheet, line }: LineOfSheet, direction: 'up' | 'down') {
    return calculator.editor.look(sheet, ({ document }) => {
      const here = document.line(line.seq)
      if (!here) return undefined
      if (direction === 'up') return document.above(here)?.seq
      const below = document.below(here)
      return below && (document.below(below)?.seq ?? null)
    })
  }

  async function linePage(reply: FastifyReply, found: LineOfSheet, form: Entry): Promise<FastifyReply> {
    const { room, path, rev, line } = found
    const { user } = identityOf(reply.request)
    const frame = resultFrame(line)
    const locale = localeOf(reply.request.headers['accept-language'])
    const reader = { viewer: user.name, locale, use: useOfValues(room) }
    const view = { ...reader, isShared: room !== undefined, path, ...namesOf([frame]) }
    const posted = frame.text ? postedText(line.expression, frame.text, frame.rounded === true) : undefined
    return reply.page('calculator/line-page', {
      title: 'A line of the sheet',
      room: room ?? null,
      path,
      rev,
      line: lineView(frame, view),
      seq: line.seq,
      posted,
      id: randomUUIDv7(),
      form: { ...form, expression: form.expression ?? line.expression },
    })
  }
}

function backTo(reply: FastifyReply, { path, line }: LineOfSheet): FastifyReply {
  return reply.redirect(`${path}#line-${line.seq}`, 303)
}
