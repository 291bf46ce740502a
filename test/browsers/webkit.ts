import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Test } from 'tap'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/ports.ts'
import type { OtherBrowser } from './other-browser.ts'

/** The key by which WebDriver marks an element: https://www.w3.org/TR/webdriver/#elements */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

/** WebKitGTK's MiniBrowser on a screen that nobody sees, by the W3C's WebDriver. */
export async function openWebKit(t: Test, driver: string): Promise<OtherBrowser> {
  const display = await startScreen(t)
  const port = await freePort()
  const server = spawn(driver, [`--port=${port}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    // Without a graphics card.
    env: {
      ...process.env,
      DISPLAY: display,
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
    },
  })
  t.teardown(() => stop(server))
  const root = `http://127.0.0.1:${port}`
  await eventually(
    'the driver listens',
    async () => (await fetch(`${root}/status`).catch(() => undefined))?.ok === true,
  )
  const [binary] = globSync('/usr/lib/*/webkit2gtk-4.1/MiniBrowser')
  const { sessionId } = (await command(`${root}/session`, {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } } },
  })) as { sessionId: string }
  const session = `${root}/session/${sessionId}`
  t.teardown(() => fetch(session, { method: 'DELETE' }))

  const find = async (selector: string) => {
    let found: string | undefined
    await eventually(`there is ${selector}`, async () => {
      const elements = (await command(`${session}/elements`, {
        using: 'css selector',
        value: selector,
      })) as Record<string, string>[]
      found = elements[0]?.[ELEMENT]
      return found !== undefined
    })
    return `${session}/element/${found}`
  }
  return {
    name: 'WebKit',
    open: async (url) => {
      await command(`${session}/url`, { url })
    },
    evaluate: (expression) =>
      command(`${session}/execute/sync`, { script: `return (${expression})`, args: [] }),
    click: async (selector) => {
      await command(`${await find(selector)}/click`, {})
    },
    type: async (selector, text) => {
      // WebDriver's own sign for the Enter key.
      await command(`${await find(selector)}/value`, { text: text.replaceAll('\n', '\ue007') })
    },
  }
}

/** A screen in memory. @returns its name, such as `:7` */
async function startScreen(t: Test): Promise<string> {
  const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  t.teardown(() => stop(screen))
  const [number] = await once(createInterface(screen.stdio[3] as Readable), 'line')
  return `:${number}`
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill()
  await once(child, 'exit')
}

async function command(address: string, body: object): Promise<unknown> {
  const answer = await fetch(address, { method: 'POST', body: JSON.stringify(body) })
  const { value } = (await answer.json()) as { value: { error?: string; message?: string } | null }
  if (!answer.ok) throw new Error(`${value?.error}: ${value?.message}`)
  return value
}
