import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { chooseEncoding, ENCODINGS, type Encoding } from './encodings.ts'

/** A file that is the same for everyone, with its compressed versions. */
export interface StaticFile {
  readonly content: Buffer
  readonly type: string
  /** The entity tag of the content as it is: each encoding has a tag of its own, made of this one. */
  readonly tag: string
  readonly encoded: ReadonlyMap<Encoding, Buffer>
}

/** @param files in which the file's encodings stand under its name with their extensions */
export function staticFile(
  name: string,
  { type, files }: { readonly type: string; readonly files: ReadonlyMap<string, Buffer> },
): StaticFile | undefined {
  const content = files.get(name)
  if (!content) return undefined
  const encoded = new Map<Encoding, Buffer>()
  for (const { name: encoding, extension } of ENCODINGS) {
    const compressed = files.get(name + extension)
    if (compressed) encoded.set(encoding, compressed)
  }
  const tag = createHash('sha256').update(content).digest('base64url').slice(0, 22)
  return { content, type, tag, encoded }
}

/**
 * Answers with a file, in the encoding that the client takes best, or with 304 if it has that already. Parts of a file are not
 * sent: a client that asks for some gets all of it, so it can never join parts of two encodings.
 */
export function sendStaticFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { content, type, tag, encoded }: StaticFile,
): FastifyReply {
  const encoding = chooseEncoding(request.headers['accept-encoding'], [...encoded.keys()])
  const etag = `"${encoding ? `${tag}-${encoding}` : tag}"`
  reply.header('etag', etag).header('accept-ranges', 'none')
  if (encoded.size > 0) reply.header('vary', 'accept-encoding')
  if (holds(request.headers['if-none-match'], etag)) return reply.code(304).send()
  if (encoding) reply.header('content-encoding', encoding)
  return reply.type(type).send((encoding && encoded.get(encoding)) ?? content)
}

/** Tells whether a client says that it has what a tag names (RFC 9110, section 13.1.2). */
function holds(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}
