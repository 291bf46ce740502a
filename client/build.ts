/** `npm run build:client`: makes a package of the browser client, and packs it. The last line is the path of the tarball. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { compile, emptyPackage, pack, ROOT } from '../core/pack.ts'

const folder = emptyPackage('client')
// One file that imports nothing: a page loads it without a bundler.
await build({
  entryPoints: [join(ROOT, 'src/browser/client/index.ts')],
  outfile: join(folder, 'index.js'),
  bundle: true,
  format: 'esm',
  target: ['es2022', 'safari16'],
  logLevel: 'warning',
})
// It holds a part of this.
copyFileSync(join(ROOT, 'node_modules/uuid/LICENSE.md'), join(folder, 'LICENSE-uuid.md'))
compile('client')
console.log(pack('client'))
