import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

/** The place in which turndown looks for the browser's parser as it is loaded. */
const PARSER = 'root.DOMParser'

/**
 * Keeps turndown from trying the browser's parser with a bare text as it is loaded, which our policy forbids and browsers report. It is
 * given parsed documents, and needs no parser.
 */
export const turndown: Plugin = {
  name: 'turndown',
  setup(build) {
    build.onLoad({ filter: /\/turndown\.browser\.es\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      if (!source.includes(PARSER))
        throw new Error(`${path} has no ${PARSER} any more: see src/web/turndown.ts`)
      return { contents: source.replaceAll(PARSER, 'undefined'), loader: 'js' }
    })
  },
}
