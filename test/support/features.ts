import { migrateAccounts, Usage } from '../../src/accounts/index.ts'
import { migrations as calculatorMigrations } from '../../src/calculator/migrations/index.ts'
import type { Pool } from '../../src/calculator/sandbox/pool.ts'
import { SheetEditor } from '../../src/calculator/sheet/editor.ts'
import { inputsAt } from '../../src/calculator/sheet/inputs.ts'
import { readLine } from '../../src/calculator/sheet/read-line.ts'
import { sheets } from '../../src/calculator/sheet/sheet-stream.ts'
import { MessageValues } from '../../src/chat/expressions/message-values.ts'
import type { Message } from '../../src/chat/message.ts'
import { MessageWriter, talk } from '../../src/chat/message-writer.ts'
import { migrations } from '../../src/chat/migrations/index.ts'
import { migrations as roomMigrations } from '../../src/rooms/migrations/index.ts'
import {
  type Database,
  type DatabaseOptions,
  migrateFeature,
  openDatabase,
} from '../../src/storage/database.ts'
import { StreamWriter } from '../../src/streams/index.ts'

/** A database with the tables of all features, without an application. */
export async function openWithFeatures(
  directory: string,
  url?: string,
  options: DatabaseOptions = {},
): Promise<Database> {
  const database = await openDatabase(directory, url, options)
  await migrateAccounts(database, url)
  await migrateFeature(database, 'rooms', roomMigrations, url)
  await migrateFeature(database, 'chat', migrations, url)
  await migrateFeature(database, 'calculator', calculatorMigrations, url)
  return database
}

/** Makes a writer of messages, without an application. */
export function messageWriter(
  database: Database,
  publish: (room: number, messages: readonly Message[]) => void = () => {},
): MessageWriter {
  const values = new MessageValues(async () => undefined, { warn: () => {} })
  return new MessageWriter(
    new StreamWriter(database, talk, publish),
    new Usage(database, 0),
    database,
    values,
  )
}

/** Makes an editor of sheets, without an application. */
export function editorOn(database: Database, pool: Pool, read = readLine): SheetEditor {
  const writer = new StreamWriter(database, sheets, () => {})
  return new SheetEditor({
    database,
    pool,
    writer,
    usage: new Usage(database, 0),
    read,
    inputs: () => inputsAt(0, 'UTC'),
    isAlone: false,
  })
}
