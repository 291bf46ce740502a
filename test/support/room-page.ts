import type { Locator, Page } from 'playwright-core'
import type { Test } from 'tap'
import { eventually, OUTAGE, openBrowser, type PersonOptions } from './browser.ts'
import { Line } from './line.ts'
import type { TestServer } from './server.ts'
import { Visitor } from './visitor.ts'

/** A room on somebody's screen. */
export class RoomPage {
  readonly page: Page
  readonly composer: Locator

  constructor(page: Page) {
    this.page = page
    this.composer = page.locator('#message')
  }

  /** Opens a room in a browser of this person's own, and waits for the line. */
  static async open(
    t: Test,
    visitor: Visitor,
    options: PersonOptions & { readonly room?: string } = {},
  ): Promise<RoomPage> {
    const { room = 'lobby', ...browserOptions } = options
    const context = await openBrowser(t, visitor, browserOptions)
    const opened = new RoomPage(await context.newPage())
    await opened.page.goto(`/rooms/${room}`)
    await opened.live()
    return opened
  }

  /** The same person in another tab of the same browser. */
  async anotherTab(): Promise<RoomPage> {
    const tab = new RoomPage(await this.page.context().newPage())
    await tab.page.goto(new URL(this.page.url()).pathname)
    await tab.live()
    return tab
  }

  live(): Promise<void> {
    return this.page.locator('[data-state="live"]').waitFor()
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text)
    await this.composer.press('Enter')
  }

  /** Posts many messages at once, since typing each takes a browser half a second on a busy machine. */
  async sayQuickly(texts: readonly string[]): Promise<void> {
    await this.composer.evaluate((composer, texts) => {
      if (!(composer instanceof HTMLTextAreaElement)) throw new Error('the composer is no text area')
      for (const text of texts) {
        composer.value = text
        composer.dispatchEvent(new InputEvent('input', { bubbles: true }))
        composer.form?.requestSubmit()
      }
    }, texts)
  }

  /** Resolves when a message with this text is there, as the server has it. */
  async shows(text: string): Promise<void> {
    await this.page.locator('.message[data-seq]:not(.pending) .text', { hasText: text }).first().waitFor()
  }

  /** Resolves when the messages on the page are these, in this order, and none is on its way. */
  async showsJust(texts: readonly string[]): Promise<void> {
    let last: readonly string[] = []
    await eventually(`${texts.length} messages in order`, async () => {
      last = await this.texts()
      return (
        last.join('\n') === texts.join('\n') && (await this.page.locator('.message.pending').count()) === 0
      )
    }).catch((error) => {
      throw new Error(`${error.message}; there are: ${JSON.stringify(last)}`)
    })
  }

  /** The texts on the page from top to bottom, pending ones too. */
  texts(): Promise<string[]> {
    return this.page.locator('.message .text').allTextContents()
  }

  banner(): Locator {
    return this.page.locator('#banner:not([hidden])')
  }

  /** Pixels from the newest message's end to the lower edge of the window on it. */
  distanceFromEnd(): Promise<number> {
    return this.page
      .locator('#scroll')
      .evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)
  }

  async scrollTo(top: number): Promise<void> {
    await this.page.locator('#scroll').evaluate((element, to) => {
      element.scrollTop = to
    }, top)
    if (top === 0) await this.page.locator('#jump:not([hidden])').waitFor()
  }
}

/** Somebody in the lobby, on a line that can be cut. */
export async function onLine(t: Test, server: TestServer) {
  const line = await Line.open(t, server.address)
  const visitor = await server.person('ada')
  const ada = await RoomPage.open(t, through(visitor, line.address), { expected: OUTAGE })
  return { ada, visitor, line }
}

/** The same person at another address of the server. */
function through(visitor: Visitor, address: string): Visitor {
  const same = new Visitor(address)
  for (const [name, value] of visitor.cookies) same.cookies.set(name, value)
  return same
}

/** Says many things in a room at once, in order, as fast as they are stored. */
export async function sayAll(visitor: Visitor, texts: readonly string[], room = 'lobby'): Promise<void> {
  const token = await visitor.token('/account')
  for (const message of texts) {
    const answer = await visitor.request('POST', `/api/rooms/${room}/messages`, JSON.stringify({ message }), {
      'content-type': 'application/json',
      'x-csrf-token': token,
    })
    if (answer.status !== 201) throw new Error(`not said: ${answer.status} ${answer.text}`)
  }
}

/** `name 1`, `name 2`, … up to `count`. */
export function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index + 1}`)
}
