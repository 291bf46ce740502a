import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { identityOf } from '../accounts/index.ts'
import { RoomParams, roomOf } from '../rooms/index.ts'
import { findLineRoute } from './find-line-route.ts'
import { resultFrame } from './sheet/line.ts'
import { linesInOrder } from './sheet/line-rows.ts'
import { ResultFrame } from './sheet/result-frame.ts'
import { ownSheet, roomSheet, type SheetOwner, sheetOf } from './sheet/sheets.ts'

/** Lines of one answer. */
const PAGE = 1_000
/** Bytes of one answer. */
const BYTES = 1024 * 1024

const LinesQuery = Type.Object({
  after: Type.Optional(Type.String({ maxLength: 200, pattern: '^[0-9A-Za-z]*$' })),
  limit: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,3}$' })),
})

const LinesPage = Type.Object({
  rev: Type.Integer({ description: 'from where a client follows the sheet' }),
  lines: Type.Array(ResultFrame),
  more: Type.Boolean(),
})

/** A sheet for programs, and as a file. */
export async function sheetRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { calculator, database, rateLimits } = app
  await app.register(findLineRoute)

  const config = (summary: string) =>
    ({ scope: ['read', 'sheets'], docs: { summary, answers: { 200: LinesPage } } }) as const

  app.get(
    '/api/sheets',
    {
      schema: { querystring: LinesQuery },
      config: config('Read your own sheet'),
      onRequest: rateLimits.reading,
    },
    (request, reply) => sendLines(reply, ownSheet(identityOf(request).user.id), request.query),
  )

  app.get(
    '/api/sheets/:room',
    {
      schema: { params: RoomParams, querystring: LinesQuery },
      config: config('Read the sheet of a room'),
      onRequest: rateLimits.reading,
    },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      return sendLines(reply, roomSheet(room.id), request.query)
    },
  )

  /** `rev` is read before the lines: a client that follows the sheet from it misses nothing. */
  async function sendLines(
    reply: FastifyReply,
    owner: SheetOwner,
    { after = '', limit = `${PAGE}` }: { readonly after?: string; readonly limit?: string },
  ): Promise<FastifyReply> {
    await calculator.editor.ready((await sheetOf(database, owner)).id)
    const { id, rev } = await sheetOf(database, owner)
    const most = Math.min(Number(limit), PAGE)
    const found = await linesInOrder(database, id, after, most + 1)
    const lines: string[] = []
    let bytes = 0
    for (const line of found.slice(0, most)) {
      const json = JSON.stringify(resultFrame(line))
      bytes += Buffer.byteLength(json)
      if (lines.length > 0 && bytes > BYTES) break
      lines.push(json)
    }
    reply.type('application/json; charset=utf-8')
    return reply.send(`{"rev":${rev},"lines":[${lines.join(',')}],"more":${lines.length < found.length}}`)
  }
}
