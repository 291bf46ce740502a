import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Tells whether a text stands in a file of a data folder, be it in a row or in what is left of one. */
export function standsInFiles(folder: string, text: string): boolean {
  return readdirSync(folder, { withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(folder, entry.name)).includes(text),
  )
}
