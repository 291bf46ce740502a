/** `npm run build`: leaves the client's files in public/built, so that an image needs no build at its start. */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BUILT, buildAssets } from './asset-build.ts'
import { MANIFEST } from './assets.ts'
import { withCompressed } from './encodings.ts'

const { names, sources, files: built } = await buildAssets()
const files = await withCompressed(built, 'best')
mkdirSync(BUILT, { recursive: true })
// A server may start meanwhile: at every moment there is a manifest whose files are there.
for (const [name, content] of files) writeFileSync(join(BUILT, name), content)
const next = `${BUILT}-${process.pid}.json`
writeFileSync(next, JSON.stringify({ names, sources }))
renameSync(next, join(BUILT, MANIFEST))
for (const name of readdirSync(BUILT))
  if (name !== MANIFEST && !files.has(name)) rmSync(join(BUILT, name), { force: true })
console.log(`${files.size} files in public/built`)
