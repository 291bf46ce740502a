import type { Usage } from '../../accounts/index.ts'
import type { Database } from '../../storage/index.ts'
import type { StreamRow, StreamWriter } from '../../streams/index.ts'
import type { Pool } from '../sandbox/pool.ts'
import type { Reading } from './document/reading.ts'
import type { InputDefinitions } from './inputs.ts'
import type { Line } from './line.ts'
import type { SheetChange, Stored } from './store-edits.ts'

export interface SheetEditorOptions {
  readonly database: Database
  readonly pool: Pool
  readonly writer: StreamWriter<StreamRow, SheetChange, Stored, Line>
  readonly usage: Usage
  readonly read: (expression: string) => Reading
  /** Returns the inputs of every sheet as they are now. */
  readonly inputs: () => InputDefinitions
  /** No other process edits sheets of this database. */
  readonly isAlone: boolean
}
