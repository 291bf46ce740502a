import puppeteer from 'puppeteer-core'
import type { Test } from 'tap'
import { temporaryFolder } from '../support/server.ts'
import type { OtherBrowser } from './other-browser.ts'

/** Debian's Firefox, over WebDriver BiDi. @param executablePath of `firefox` */
export async function openFirefox(t: Test, executablePath: string): Promise<OtherBrowser> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    userDataDir: temporaryFolder(t),
    // Without a screen it takes itself for a telephone: one without a mouse.
    extraPrefsFirefox: { 'ui.primaryPointerCapabilities': 6, 'ui.allPointerCapabilities': 6 },
  })
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  await page.setViewport({ width: 1280, height: 800 })
  page.on('pageerror', (error) => t.fail(`Firefox: ${error}`))
  page.on('console', (message) => {
    if (message.type() === 'error') t.fail(`Firefox: ${message.text()}`)
  })
  return {
    name: 'Firefox',
    open: async (address) => {
      await page.goto(address)
    },
    evaluate: (expression) => page.evaluate(expression),
    click: (selector) => page.locator(selector).click(),
    type: async (selector, text) => {
      await page.locator(selector).click()
      await page.keyboard.type(text)
    },
  }
}
