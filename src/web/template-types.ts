/** Part of `npm run check`: leaves the shared templates as TypeScript in .templates, where `tsc` looks at what they use. */
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { compileTemplate, isShared, VIEWS } from './templates.ts'

const OUT = join(VIEWS, '../.templates')

rmSync(OUT, { recursive: true, force: true })
for (const template of globSync('**/*.eta', { cwd: VIEWS }).filter(isShared)) {
  const file = join(OUT, template.replace(/\.eta$/, '.ts'))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, compileTemplate(template))
}
