/** Writes what one can type into `docs/calculator.md`: `npm run guide`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { guide } from './guide.ts'
import { withGuide } from './markdown.ts'

const document = join(import.meta.dirname, '../../../docs/calculator.md')
writeFileSync(document, withGuide(readFileSync(document, 'utf8'), guide()))
