import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StorageUnusable } from '../errors.ts'
import { unusableFile } from '../sqlite-errors.ts'

/** Only its owner may read the copy, since it contains the password hashes. */
const PRIVATE = 0o600

/**
 * Writes the current content of a database file into a new file, while others write to it. The new file appears completely or
 * not at all, and is checked before.
 * @param complete adds to the copy what is kept beside the database, before it has its name
 * @throws StorageUnusable when there is a file already, or the database is damaged
 */
export function copyFile(path: string, file: string, complete: (part: string) => void = () => {}): void {
  if (existsSync(file)) throw new StorageUnusable(`${file} already exists. Give another name, or delete it.`)
  const part = `${file}.part`
  rmSync(part, { force: true })
  closeSync(openSync(part, 'wx', PRIVATE))
  try {
    const source = new DatabaseSync(path, { readOnly: true })
    try {
      source.prepare('vacuum into ?').run(part)
    } finally {
      source.close()
    }
    complete(part)
    checkFile(part)
    putInPlace(part, file)
  } catch (error) {
    rmSync(part, { force: true })
    throw unusableFile(path, error)
  }
}

/** @throws StorageUnusable when a file is not a database of this program, or is damaged */
export function checkFile(file: string): void {
  if (!existsSync(file)) throw new StorageUnusable(`There is no file ${file}.`)
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const known = database.prepare("select name from sqlite_schema where name in ('users', 'messages')").all()
    if (known.length < 2) throw new StorageUnusable(`${file} is not a Partyline backup.`)
    const faults = database.prepare('pragma integrity_check').all()
    const [first] = faults
    if (first?.integrity_check !== 'ok')
      throw new StorageUnusable(`${file} is damaged (${first?.integrity_check}).`)
  } catch (error) {
    throw unusableFile(file, error)
  } finally {
    database.close()
  }
}

/**
 * Puts a copy of a backup in the place of a database that nobody has open. It takes the place whole or not at all.
 * @returns the name that the database which was there has now, if there was one
 */
export function replaceFile(path: string, backup: string, asideName: string): string | undefined {
  const part = `${path}.part`
  rmSync(part, { force: true })
  copyFileSync(backup, part)
  flush(part)
  const isReplaced = existsSync(path)
  if (isReplaced) {
    foldLogIn(path)
    // A second name first: if the database had no name for a moment, a server that started then would begin with an empty one.
    linkSync(path, asideName)
  }
  for (const beside of ['-wal', '-shm']) rmSync(path + beside, { force: true })
  putInPlace(part, path)
  return isReplaced ? asideName : undefined
}

/** Moves the content of the write-ahead log into the file, which then is the whole database. */
function foldLogIn(path: string): void {
  const database = new DatabaseSync(path)
  try {
    database.exec('pragma wal_checkpoint(truncate)')
  } catch (error) {
    // A damaged one is put aside as it is.
    if (!(unusableFile(path, error) instanceof StorageUnusable)) throw error
  } finally {
    database.close()
  }
}

/** Gives a file its name once all of it is on disk. */
function putInPlace(part: string, file: string): void {
  flush(part)
  renameSync(part, file)
  flush(dirname(resolve(file)))
}

function flush(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
