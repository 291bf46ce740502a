/** `npm run build:core`: makes a package of the real-time core, and packs it. The last line is the path of the tarball. */
import { compile, emptyPackage, pack } from './pack.ts'

emptyPackage('core')
compile('core')
console.log(pack('core', ['fastify-plugin', 'ipaddr.js', 'typebox']))
