import { parentPort } from 'node:worker_threads'
import hljs from 'highlight.js/lib/core'
import type { MadeColours, ToColour } from './colouring.ts'

/** Colours code. highlight.js takes up to half a second for 4,000 characters that somebody made for that. */
async function colour({ code, language }: ToColour): Promise<MadeColours> {
  let began = performance.now()
  try {
    if (!hljs.getLanguage(language)) {
      const definition = await import(`highlight.js/lib/languages/${language}`)
      hljs.registerLanguage(language, definition.default)
      began = performance.now()
    }
    const { value: html } = hljs.highlight(code, { language, ignoreIllegals: true })
    return { html, took: performance.now() - began }
  } catch {
    // Whatever is wrong with it, it can be shown without colours.
    return { html: undefined, took: performance.now() - began }
  }
}

parentPort?.on('message', async (asked: ToColour) => parentPort?.postMessage(await colour(asked)))
