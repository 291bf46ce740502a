/**
 * Bun's own WebSocket server, a topic a room, as its documentation shows it. `permessage-deflate` is off, as it is by default.
 *   PORT      where to listen
 *   DATA_DIR  stores each message in an SQLite there before anyone gets it: the row that Partyline stores, the messages of one
 *             turn of the event loop in one commit, which is on the disk when it is done
 */
import type { Database } from 'bun:sqlite'

interface Client {
  readonly room: string
  readonly sender: string
}

interface Message extends Client {
  readonly message: string
  readonly at: string
}

const { DATA_DIR, PORT } = process.env
const store = DATA_DIR ? await openStore(DATA_DIR) : undefined

const server = Bun.serve<Client>({
  hostname: '127.0.0.1',
  port: Number(PORT),
  fetch(request, server) {
    const { pathname, searchParams } = new URL(request.url)
    const data = { room: pathname, sender: searchParams.get('as') ?? '' }
    return server.upgrade(request, { data }) ? undefined : new Response('no upgrade', { status: 400 })
  },
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      socket.subscribe(socket.data.room)
      socket.send(JSON.stringify({ type: 'welcome' }))
    },
    message({ data }, content) {
      const { message } = JSON.parse(String(content))
      const said = { ...data, message, at: new Date().toISOString() }
      if (store) store(said)
      else publish(said)
    },
  },
})

function publish({ room, sender, message, at }: Message, seq?: number): void {
  server.publish(room, JSON.stringify({ sender, seq, message, at }))
}

/** @returns stores a message with those of its turn, and then publishes them */
async function openStore(folder: string): Promise<(said: Message) => void> {
  const { Database } = await import('bun:sqlite')
  const database = new Database(`${folder}/bun.sqlite`)
  for (const pragma of ['journal_mode = wal', 'synchronous = full']) database.run(`pragma ${pragma}`)
  createTable(database)
  const insert = database.query(
    'insert into messages (room_id, seq, rev, sender_id, client_id, text, created_at) values (?, ?, ?, ?, ?, ?, ?)',
  )
  const rooms = new Numbers()
  const senders = new Numbers()
  const counts: number[] = []
  let waiting: Message[] = []

  function commit(): void {
    const turn = waiting
    waiting = []
    const numbers: number[] = []
    database.run('begin immediate')
    for (const { room, sender, message, at } of turn) {
      const id = rooms.of(room)
      const seq = (counts[id] ?? 0) + 1
      counts[id] = seq
      numbers.push(seq)
      insert.run(id, seq, seq, senders.of(sender), Bun.randomUUIDv7(), message, at)
    }
    database.run('commit')
    turn.forEach((said, index) => void publish(said, numbers[index]))
  }

  return (said) => {
    if (waiting.length === 0) setImmediate(commit)
    waiting.push(said)
  }
}

function createTable(database: Database): void {
  database.run(`create table messages (
    room_id integer not null, seq integer not null, rev integer not null, sender_id integer not null,
    client_id text not null, text text not null, created_at text not null, edited_at text, deleted_at text,
    reactions text, reply_seq integer,
    primary key (room_id, seq), unique (client_id, room_id, sender_id))`)
  database.run('create unique index messages_changed on messages (room_id, rev) where rev <> seq')
}

/** Numbers names in the order in which they come, as the keys of rows are. */
class Numbers {
  readonly #numbers = new Map<string, number>()

  of(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const next = this.#numbers.size + 1
    this.#numbers.set(name, next)
    return next
  }
}
