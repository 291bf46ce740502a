import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Tells whether a file in a data folder contains a text, in a row or in the remains of one. */
export function standsInFiles(folder: string, text: string): boolean {
  return readdirSync(folder, { withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(folder, entry.name)).includes(text),
  )
}
