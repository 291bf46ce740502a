import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The rules that look at colours. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block']

/**
 * Runs axe on a page as it is now, and returns its findings, one line each. axe is loaded through the debugger, since the
 * page's policy allows no foreign script.
 * @param rules `colours`: only those about colours, for a page that was checked in full with other colours
 */
export async function axeFindings(page: Page, rules: 'all' | 'colours' = 'all'): Promise<string[]> {
  const debug = await page.context().newCDPSession(page)
  await debug.send('Runtime.evaluate', { expression: `globalThis.axe || (() => { ${source} })()` })
  const options = {
    // axe need not list what is right, or what it cannot decide.
    resultTypes: ['violations'],
    ...(rules === 'colours' ? { runOnly: { type: 'rule', values: COLOUR_RULES } } : {}),
  }
  const { result, exceptionDetails } = await debug.send('Runtime.evaluate', {
    expression: `axe.run(${JSON.stringify(options)}).then(({ violations }) => JSON.stringify(violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => id + ': ' + node.target.join(' ') + ' ' + node.failureSummary))))`,
    awaitPromise: true,
  })
  await debug.detach()
  if (exceptionDetails || typeof result.value !== 'string') throw new Error('axe did not run')
  return JSON.parse(result.value)
}
