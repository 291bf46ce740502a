/** Notes of a room that everyone there writes: the last writer of a field wins, and who edits which is seen. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf, requireUser } from '../../src/accounts/index.ts'
import type { LiveChanged, Receives } from '../../src/channels/index.ts'
import { LiveRoomConsumer, liveFrame, openRoom, RoomConsumer, RoomParams } from '../../src/rooms/index.ts'
import { openStreams } from '../../src/streams/index.ts'
import * as tables from './migration.ts'
import { type Field, fieldsOf, notes as kind } from './notes.ts'
import { type Edit, editFrames, FIELDS, Form, frames, sentFrames, textOf, type Write } from './protocol.ts'

export async function notes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database } = app
  await app.migrate('notes', { '001-notes': tables })
  const { feeds, writer } = openStreams(app, kind)
  const editing = app.liveState({
    name: 'editing',
    gather: 100,
    lasts: 10_000,
    keys: 100,
    valueLength: 1,
  })
  const open = (id: number) => {
    const insert = database.insertInto('notes').values({ id })
    return insert.onConflict((conflict) => conflict.column('id').doNothing()).execute()
  }

  class Notes extends RoomConsumer<Field> implements Receives<Write> {
    static override readonly frames = frames
    static override readonly sends = { ...RoomConsumer.sends, ...sentFrames }

    protected override async enter({ id }: { id: number }): Promise<void> {
      await open(id)
      await this.follow(feeds, id, {})
    }

    async receiveWrite({ seq, text, id }: Write): Promise<void> {
      const write = { seq, text: textOf(text), by: this.identity.user }
      this.done(id, (await this.stored(writer.run(this.room.id, write))).rev)
    }
  }
  app.consumer('/ws/notes/:room', Notes)

  /** The people who are editing matter only now, so this is stored nowhere and has a socket of its own. */
  class Editing extends LiveRoomConsumer implements Receives<Edit> {
    static override readonly frames = editFrames
    static override readonly sends = { ...LiveRoomConsumer.sends, 'editing.changed': liveFrame('editing') }
    protected override readonly state = editing
    receiveEdit = ({ seq }: Edit) => this.hold(String(seq ?? ''))
    'editing.changed' = (event: LiveChanged<'editing'>) => this.sendLossy(event)
  }
  app.consumer('/ws/notes/:room/editing', Editing)

  const path = '/rooms/:room/notes'
  const reading = { schema: { params: RoomParams }, onRequest: [requireUser, ...app.rateLimits.reading] }
  const body = { params: RoomParams, body: Form }
  const writing = { schema: body, onRequest: [requireUser, ...app.rateLimits.sending] }

  app.get(path, reading, async (request, reply) => {
    const room = await openRoom(request, request.params.room)
    const stored = await fieldsOf(database, room.id).execute()
    const none = { text: '', by: '' }
    const fields = FIELDS.map((title, index) => ({
      ...none,
      ...stored.find(({ seq }) => seq === index + 1),
      title,
    }))
    const rev = Math.max(0, ...stored.map(({ rev }) => rev))
    return reply.page('examples/notes/notes', { title: `Notes of ${room.name}`, room, fields, rev })
  })

  app.post(path, writing, async (request, reply) => {
    const room = await openRoom(request, request.params.room, 'speak')
    const { seq, text } = request.body
    const write = frames({ seq: Number(seq), text: textOf(text) })
    await open(room.id)
    await writer.run(room.id, { ...write, by: identityOf(request).user })
    return reply.redirect(request.url, 303)
  })
}
