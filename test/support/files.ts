import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { FileFacts } from '../../src/files/index.ts'
import type { Answer, Visitor } from './visitor.ts'

export interface SentFile {
  readonly name: string
  readonly content: string | Uint8Array<ArrayBuffer>
  /** The sender's own statement of its type. */
  readonly type?: string
}

/** Sends a file in a room, as a page does. */
export async function sendFile(
  visitor: Visitor,
  room: string,
  { name, content, type = 'application/octet-stream' }: SentFile,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const form = new FormData()
  form.set('file', new Blob([content], { type }), name)
  const request = new Response(form)
  return visitor.request('POST', `/api/rooms/${room}/files`, await request.bytes(), {
    'content-type': request.headers.get('content-type') ?? '',
    ...(headers.authorization === undefined && { 'x-csrf-token': await visitor.token('/account') }),
    ...headers,
  })
}

/** Sends a file that the server accepts. @returns the description in the answer */
export async function sentFile(visitor: Visitor, room: string, file: SentFile): Promise<FileFacts> {
  const { status, text } = await sendFile(visitor, room, file)
  if (status !== 201) throw new Error(`${file.name} was not taken: ${status} ${text}`)
  return JSON.parse(text)
}

export interface Loaded {
  readonly status: number
  readonly headers: Headers
  readonly content: Buffer
}

/** A file at an address, as this person gets it. */
export async function load(
  visitor: Visitor,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Loaded> {
  const response = await fetch(visitor.address + path, {
    method,
    headers: { cookie: visitor.cookie, ...headers },
    redirect: 'manual',
  })
  return { status: response.status, headers: response.headers, content: Buffer.from(await response.bytes()) }
}

/** The address of a file. */
export function addressOf({ id, name }: Pick<FileFacts, 'id' | 'name'>): string {
  return `/files/${id}/${encodeURIComponent(name)}`
}

/** Says something with files. */
export async function sayWith(
  visitor: Visitor,
  room: string,
  message: string,
  files: readonly string[],
  id?: string,
): Promise<Answer> {
  return visitor.postJson(`/api/rooms/${room}/messages`, { message, files, ...(id !== undefined && { id }) })
}

/** The names on disk in a server's folder, of files and of uploads in progress. */
export function filesOnDisk(folder: string): string[] {
  return ['files', 'uploads'].flatMap((name) => {
    try {
      return readdirSync(join(folder, name))
    } catch {
      return []
    }
  })
}

/** The number of files that are noted, wherever their bytes are. */
export async function notedFiles({ database }: FastifyInstance): Promise<number> {
  const { count } = await database
    .selectFrom('files')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Begins to send a file as on a slow line: its head, and a few bytes of it. */
export function beginToSend({ address, cookie }: Visitor, room: string, token: string): Socket {
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(
    `POST /api/rooms/${room}/files HTTP/1.1\r\nHost: ${hostname}:${port}\r\nCookie: ${cookie}\r\nX-CSRF-Token: ${token}\r\n` +
      'Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n' +
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello',
  )
  return socket
}
