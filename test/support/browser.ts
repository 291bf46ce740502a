import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import t, { type Test } from 'tap'
import { onPath } from './programs.ts'
import type { Visitor } from './visitor.ts'

/** Milliseconds after which what should be on a page, and is not, is a failure. */
const PATIENCE = Number(process.env.PATIENCE ?? 60_000)

// The headless shell first, since a page takes a third of the time in it that it takes in a whole browser.
const executable = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']
  .map((name) => onPath(name))
  .find(Boolean)
if (!executable && process.env.CI === 'true')
  throw new Error('no chromium on the path: apt install chromium-headless-shell')

/** Options of a test that needs a browser. Without one, it is skipped with the reason. */
export const inBrowser = { skip: executable ? false : 'no chromium on the path' } as const

let browser: Promise<Browser> | undefined

/** Errors that pages reported. They are checked at the end: an error that a test's teardown throws leaves its server running. */
const complained: string[] = []

export interface PersonOptions extends BrowserContextOptions {
  /** Errors in the browser's console that the test provokes. */
  readonly expected?: RegExp
  /** The time at which their clock is stopped. */
  readonly now?: Date
}

/** Console messages about a server that is gone or refuses something: not a fault of the page. */
export const OUTAGE = /WebSocket connection to|net::ERR_|Failed to load resource/

/**
 * A browser of somebody's own, until the test ends. The file fails when a page of theirs complains: an error, a message of
 * the console, a violation of the content security policy.
 * @param visitor who it is: with their cookies
 */
export async function openBrowser(
  t: Test,
  visitor: Visitor,
  { expected, now, ...options }: PersonOptions = {},
): Promise<BrowserContext> {
  const context = await (await launched()).newContext({
    baseURL: visitor.address,
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    ...options,
  })
  const complaints = collectComplaints(context)
  t.teardown(async () => {
    // Before it is closed: a socket that is cut while it opens is a complaint as well.
    const unexpected = complaints.filter((complaint) => !expected?.test(complaint))
    await context.close()
    for (const complaint of unexpected) complained.push(`${t.name}: ${complaint}`)
  })
  context.setDefaultTimeout(PATIENCE)
  if (now) await context.clock.setFixedTime(now)
  const cookies = [...visitor.cookies].map(([name, value]) => ({ name, value, url: visitor.address }))
  if (cookies.length > 0) await context.addCookies(cookies)
  return context
}

/** Resolves when `look` returns true, for anything that is not an element to wait for. */
export async function eventually(what: string, look: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + PATIENCE
  while (!(await look())) {
    if (Date.now() > until) throw new Error(`${what}: it did not come about`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** Whether a page is wider than its window: then one would have to scroll sideways. */
export function overflows(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
}

function collectComplaints(context: BrowserContext): string[] {
  const complaints: string[] = []
  context.on('weberror', (fault) => complaints.push(String(fault.error())))
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  return complaints
}

function launched(): Promise<Browser> {
  browser ??= launch()
  return browser
}

async function launch(): Promise<Browser> {
  const running = await chromium.launch({
    executablePath: executable ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--in-process-gpu',
      // Each page would start a renderer for about:blank, one for its site, and one to spare: that costs more than the page does.
      '--disable-site-isolation-trials',
      '--renderer-process-limit=1',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  t.teardown(async () => {
    await running.close()
    if (complained.length > 0) throw new Error(`pages complained: ${complained.join('\n')}`)
  })
  return running
}
