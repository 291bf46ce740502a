/**
 * Loaded before everything else in a test file that tap runs (`test-env` in package.json). It leaves two parts of tap out
 * that cost the tests a fifth of their processor time:
 *
 * - What follows each promise from its test to an error that may come of it. An error that no test waits for ends the file
 *   instead, which has failed then, with the error and its stack. A file that is run by itself, with `node`, says to which test
 *   such an error belongs.
 * - What notes each module that is loaded: for coverage and `tap --changed`, which are not used here.
 */
import { registerHooks } from 'node:module'

/** Modules and the code that replaces them. */
const STUBS: readonly (readonly [RegExp, string])[] = [
  [/^async-hook-domain$/, 'export class Domain { destroy() {} }'],
  [/\/@tapjs\/processinfo\/dist\/esm\/import\.mjs$/, ''],
]

// Not for the processes that tests start.
delete process.env.NODE_OPTIONS

const hooks = registerHooks({
  resolve(specifier, context, next) {
    const [, source] = STUBS.find(([module]) => module.test(specifier)) ?? []
    if (source === undefined) return next(specifier, context)
    // The product's modules, which come later, are found without a detour.
    if (source !== '') hooks.deregister()
    return { url: `data:text/javascript,${encodeURIComponent(source)}`, format: 'module', shortCircuit: true }
  },
})
