import type { Locator, Page } from 'playwright-core'
import type { Test } from 'tap'
import { eventually, openBrowser, type PersonOptions } from './browser.ts'
import type { Visitor } from './visitor.ts'

/** A sheet on somebody's screen. */
export class SheetPage {
  readonly page: Page
  readonly input: Locator
  readonly preview: Locator
  readonly fault: Locator

  constructor(page: Page) {
    this.page = page
    this.input = page.getByLabel('Expression')
    this.preview = page.locator('#preview')
    this.fault = page.locator('#fault')
  }

  /** Opens a sheet in a browser of this person's own, and waits for the line. */
  static async open(
    t: Test,
    visitor: Visitor,
    { room, ...options }: PersonOptions & { readonly room?: string } = {},
  ): Promise<SheetPage> {
    const context = await openBrowser(t, visitor, options)
    const opened = new SheetPage(await context.newPage())
    await opened.page.goto(room === undefined ? '/calculator' : `/rooms/${room}/calculator`)
    await opened.live()
    return opened
  }

  live(): Promise<void> {
    return this.page.locator('[data-state="live"]').waitFor()
  }

  async calculate(expression: string): Promise<void> {
    await this.input.fill(expression)
    await this.input.press('Enter')
  }

  /** Resolves when the values on the page are these, from top to bottom, and none is on its way. */
  async showsJust(values: readonly string[]): Promise<void> {
    let last: readonly string[] = []
    await eventually(`${values.length} values in order`, async () => {
      last = await this.values()
      return last.join('\n') === values.join('\n') && (await this.page.locator('.line.pending').count()) === 0
    }).catch((error) => {
      throw new Error(`${error.message}; there are: ${JSON.stringify(last)}`)
    })
  }

  /** Resolves when this value of the typed line is shown. */
  async previews(text: string): Promise<void> {
    await this.page.locator('#preview:not(.stale)', { hasText: text }).waitFor()
  }

  /** The line with this text, as it is stored. */
  line(text: string): Locator {
    return this.page
      .locator('.line[data-seq]')
      .filter({ has: this.page.locator(`.text[data-typed="${text}"]`) })
  }

  /** The field in which a line of the sheet is written. */
  get editor(): Locator {
    return this.page.locator('.line-editor input')
  }

  /** Begins to write in a line, with the caret at its end. */
  async edit(text: string): Promise<void> {
    await this.line(text).locator('.text').click()
    await this.editor.waitFor()
    await this.page.keyboard.press('End')
  }

  /** Resolves when the value beside a line is this, be it kept or not. */
  async shows(text: string, value: string): Promise<void> {
    await this.line(text).locator('.answer').getByText(value, { exact: true }).waitFor()
  }

  /** The lines as they are stored, from top to bottom. */
  lines(): Promise<string[]> {
    return this.page
      .locator('.line[data-seq] .text')
      .evaluateAll((texts) =>
        texts.map((text) => (text instanceof HTMLElement ? (text.dataset.typed ?? '') : '')),
      )
  }

  /** Resolves when the lines are these, and none is on its way. */
  async has(lines: readonly string[]): Promise<void> {
    let last: readonly string[] = []
    await eventually(`${lines.length} lines in order`, async () => {
      last = await this.lines()
      return last.join('\n') === lines.join('\n') && (await this.page.locator('.line.pending').count()) === 0
    }).catch((error) => {
      throw new Error(`${error.message}; there are: ${JSON.stringify(last)}`)
    })
  }

  values(): Promise<string[]> {
    return this.page.locator('.line[data-seq] .value').allTextContents()
  }
}
