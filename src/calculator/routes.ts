import { randomUUIDv7 } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { identityOf, requireUser } from '../accounts/index.ts'
import {
  byName,
  type FoundRoom,
  isShown,
  may,
  memberRooms,
  mutedEnd,
  openRoom,
  RoomParams,
} from '../rooms/index.ts'
import { codeParts, type TextParts, utcCalendar } from '../web/presentation.ts'
import { eventRoutes } from './event-routes.ts'
import { exportRoutes } from './export-routes.ts'
import { guide } from './help/guide.ts'
import { words } from './help/words.ts'
import { lineRoutes } from './line-routes.ts'
import { liveValueView } from './live-value-presentation.ts'
import { lineView, namesOf, useOfValues } from './presentation.ts'
import { EXPRESSION_LENGTH, ExpressionForm, SheetQuery } from './protocol.ts'
import { EditRefused } from './sheet/commands.ts'
import { liveValueOf, resultFrame } from './sheet/line.ts'
import { linesInOrder, liveInputsOf } from './sheet/line-rows.ts'
import { ownSheet, roomSheet, sheetOf } from './sheet/sheets.ts'
import { sheetRoutes } from './sheet-routes.ts'
import { localeOf, widthOfRest } from './value-presentation.ts'
import { valueRoutes } from './value-routes.ts'

/** Lines in a page; a script loads those of a longer sheet by itself. */
const PAGE = 1_000

interface Entry {
  readonly expression: string
  readonly error: TextParts | null
  /** Sent with the form, so that a form that is sent twice adds its line once. */
  readonly id: string
}

export async function calculatorRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('onRequest', requireUser)
  await app.register(sheetRoutes)
  await app.register(eventRoutes)
  await app.register(valueRoutes)
  await app.register(lineRoutes)
  await app.register(exportRoutes)

  app.get(
    '/calculator',
    { schema: { querystring: SheetQuery }, onRequest: app.rateLimits.reading },
    (request, reply) => sheetPage(request, reply, undefined, entry(request.query.insert), request.query),
  )

  app.get('/calculator/help', { onRequest: app.rateLimits.reading }, (_request, reply) =>
    reply.page('calculator/help', { title: 'What can I type?', guide: guide(), codeParts }),
  )

  app.get('/calculator/words.json', { onRequest: app.rateLimits.reading }, (_request, reply) =>
    reply.header('cache-control', 'private, max-age=3600').send(words()),
  )

  app.get(
    '/rooms/:room/calculator',
    {
      schema: { params: RoomParams, querystring: SheetQuery },
      config: { isFramed: true },
      onRequest: app.rateLimits.reading,
    },
    async (request, reply) =>
      sheetPage(
        request,
        reply,
        await openRoom(request, request.params.room),
        entry(request.query.insert),
        request.query,
      ),
  )

  app.post(
    '/calculator',
    {
      schema: { body: ExpressionForm },
      config: { written: 'expression' },
      attachValidation: true,
      onRequest: app.rateLimits.sending,
    },
    (request, reply) => add(request, reply, undefined, request.validationError ? undefined : request.body),
  )

  app.post(
    '/rooms/:room/calculator',
    {
      schema: { params: RoomParams, body: ExpressionForm },
      config: { written: 'expression' },
      attachValidation: true,
      onRequest: app.rateLimits.sending,
    },
    async (request, reply) => {
      const room = await openRoom(request, request.params.room, 'speak')
      return add(request, reply, room, request.validationError ? undefined : request.body)
    },
  )

  /** @param form undefined when it could not be read */
  async function add(
    request: FastifyRequest,
    reply: FastifyReply,
    room: FoundRoom | undefined,
    form: ExpressionForm | undefined,
  ): Promise<FastifyReply> {
    if (!form) {
      const error = `An expression must have 1 to ${EXPRESSION_LENGTH.toLocaleString('en')} characters, and must not be blank.`
      return sheetPage(request, reply.code(400), room, {
        ...entry(),
        expression: typed(request.body),
        error: codeParts(error),
      })
    }
    const { user } = identityOf(request)
    const sheet = await sheetOf(app.database, room ? roomSheet(room.id) : ownSheet(user.id))
    const { expression, id } = form
    try {
      const command = { type: 'append', expression } as const
      const { line, repeat } = await app.calculator.editor.edit(sheet.id, user, command, id || undefined)
      if (room && line && !repeat) app.rooms.glances.tell(room.id, 'sheet', line)
    } catch (error) {
      if (!(error instanceof EditRefused)) throw error
      return sheetPage(request, reply.code(400), room, {
        ...entry(),
        expression,
        error: codeParts(error.message),
      })
    }
    return reply.redirect(room ? `/rooms/${room.slug}/calculator` : '/calculator', 303)
  }

  /** `rev` was read before the lines: a socket that asks for what came since misses nothing. */
  async function sheetPage(
    request: FastifyRequest,
    reply: FastifyReply,
    room: FoundRoom | undefined,
    form: Entry,
    { beside, after = '' }: { readonly beside?: string; readonly after?: string } = {},
  ): Promise<FastifyReply> {
    const { user } = identityOf(request)
    const owner = room ? roomSheet(room.id) : ownSheet(user.id)
    await app.calculator.editor.ready((await sheetOf(app.database, owner)).id)
    const { id, rev } = await sheetOf(app.database, owner)
    const liveValues = room ? (await liveInputsOf(app.database, id)).map(liveValueOf) : []
    const found = await linesInOrder(app.database, id, after, PAGE + 1)
    const frames = found.slice(0, PAGE).map(resultFrame)
    const last = frames.at(-1)?.position ?? ''
    const path = room ? `/rooms/${room.slug}/calculator` : '/calculator'
    const locale = localeOf(request.headers['accept-language'])
    const reader = { viewer: user.name, locale, use: useOfValues(room) }
    const view = { ...reader, isShared: room !== undefined, path, ...namesOf(frames) }
    const lines = frames.map((frame) => lineView(frame, view))
    const more = found.length > PAGE ? last : ''
    const width = widthOfRest(lines.map(({ value }) => value?.rest.length ?? 0))
    const title = room ? `Calculator · ${room.name}` : 'Calculator'
    const rooms = byName((await memberRooms(app.database, user.id)).filter(isShown))
    const administers = room !== undefined && may(room, 'administer')
    const isBeside = beside !== undefined
    const blocked = room ? [...(await app.blocks.namesOf(user.id))].join(' ') : ''
    const mutedUntil = room ? mutedEnd(room) : null
    const about = { room: room ?? null, administers, mutedUntil, rooms, isBeside, path, after }
    return reply.page('calculator/sheet', {
      title,
      ...about,
      liveValues: liveValues.map((value) => liveValueView(value, utcCalendar)),
      rev,
      blocked,
      lines,
      more,
      width,
      form,
    })
  }
}

function entry(expression = ''): Entry {
  return { expression, error: null, id: randomUUIDv7() }
}

function typed(body: unknown): string {
  const text = typeof body === 'object' && body !== null && 'expression' in body ? body.expression : ''
  return typeof text === 'string' ? text : ''
}
