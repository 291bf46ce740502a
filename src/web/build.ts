/** `npm run build`: leaves the client's files in public/built, so that an image needs no build at its start. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BUILT, buildAssets, MANIFEST } from './assets.ts'

const { names, sources, files } = await buildAssets()
rmSync(BUILT, { recursive: true, force: true })
mkdirSync(BUILT, { recursive: true })
for (const [name, content] of files) writeFileSync(join(BUILT, name), content)
writeFileSync(join(BUILT, MANIFEST), JSON.stringify({ names, sources }))
console.log(`${files.size} files in public/built`)
