import { flushCompileCache } from 'node:module'
import { keepCompiledCode } from './compile-cache.ts'

keepCompiledCode()
await import('./serve.ts')
const { boundYoungGeneration } = await import('./heap.ts')
flushCompileCache()
boundYoungGeneration()
