import type { Readable } from 'node:stream'

/** The two things that are kept of a file. */
export type Part = 'content' | 'thumbnail'

/** Bytes of a file, from `start` to `end`, both included. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Keeps the bytes of files. A row of `files` is stored before anything is written, so that no file is forgotten. */
export interface FileStore {
  /** Writes what is read. When it resolves, it is on disk. @returns SHA-256 of it */
  write(id: string, part: Part, source: Readable): Promise<string>
  /** Opens some of it. @returns undefined where it is not here: the database came without it */
  read(id: string, part: Part, span: Span): Promise<Readable | undefined>
  /** False where it is not here: the database came without it. */
  has(id: string, part: Part): Promise<boolean>
  /** Removes all of a file, also what is there of one that was not written to its end. */
  remove(id: string): Promise<void>
}
