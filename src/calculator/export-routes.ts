import { Readable } from 'node:stream'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { RoomParams, roomOf } from '../rooms/index.ts'
import { csv, type ExportFormat, markdown } from './sheet/export.ts'
import { linesInOrder } from './sheet/line-rows.ts'
import { ownSheet, roomSheet, type SheetOwner, sheetOf } from './sheet/sheets.ts'

/** Lines that are read at once: no more of a sheet is in memory. */
const AT_ONCE = 500

/** A sheet with its values as a file. */
export async function exportRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { calculator, database, rateLimits } = app

  for (const format of [csv, markdown]) {
    const [media = ''] = format.type.split(';')
    const config = (summary: string) =>
      ({ scope: ['read', 'sheets'], docs: { summary, media: [media] } }) as const
    const own = {
      exposeHeadRoute: false,
      config: config('Get your own sheet as a file'),
      onRequest: rateLimits.reading,
    }
    app.get(`/calculator.${format.extension}`, own, (request, reply) =>
      send(reply, ownSheet(identityOf(request).user.id), format, 'calculator'),
    )

    app.get(
      `/rooms/:room/calculator.${format.extension}`,
      {
        schema: { params: RoomParams },
        exposeHeadRoute: false,
        config: config('Get the sheet of a room as a file'),
        onRequest: rateLimits.reading,
      },
      async (request, reply) => {
        const room = await roomOf(request, request.params.room)
        return send(reply, roomSheet(room.id), format, `${room.slug}-calculator`)
      },
    )
  }

  async function send(
    reply: FastifyReply,
    owner: SheetOwner,
    format: ExportFormat,
    name: string,
  ): Promise<FastifyReply> {
    const { id } = await sheetOf(database, owner)
    await calculator.editor.ready(id)
    return reply
      .type(format.type)
      .header('cache-control', 'private, no-store')
      .header('content-disposition', `attachment; filename="${name}.${format.extension}"`)
      .send(Readable.from(pages(id, format)))
  }

  async function* pages(sheet: number, format: ExportFormat): AsyncGenerator<string> {
    yield format.beginning
    for (let after = '', isMore = true; isMore; ) {
      const lines = await linesInOrder(database, sheet, after, AT_ONCE)
      if (lines.length > 0) yield lines.map((line) => format.line(line)).join('')
      after = lines.at(-1)?.position ?? after
      isMore = lines.length === AT_ONCE
    }
  }
}
