import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createContext, runInContext } from 'node:vm'
import type { Test } from 'tap'
import { eventually } from '../support/eventually.ts'
import { end, outlived } from '../support/programs.ts'

const PAGES = join(import.meta.dirname, '../../docs/tutorial')

/** What a page of the tutorial shows: a file to save, or code for the browser's console with the lines that it prints. */
export type Part =
  | { readonly file: string; readonly code: string }
  | { readonly console: string; readonly prints: readonly string[] }

/**
 * Reads the blocks of a page, in their order. One whose first line is a comment with the name of a file is that file, and one
 * that begins with `// In the console` is for the console; the next `text` block is what it prints.
 */
export function readPage(page: string): Part[] {
  const text = readFileSync(join(PAGES, `${page}.md`), 'utf8')
  const blocks = [...text.matchAll(/^( *)```(\w+)\n(.*?)^ *```$/gms)].map(
    ([, indent = '', language, code = '']) => ({
      language,
      code: code.replaceAll(`\n${indent}`, '\n').trim(),
    }),
  )
  const prints = blocks.filter(({ language }) => language === 'text').values()
  return blocks.flatMap(({ code }): Part[] => {
    if (code.startsWith('// In the console'))
      return [{ console: code, prints: prints.next().value?.code.split('\n') ?? [] }]
    const file = /^(?:\/\/|<!--) (\w[\w.]*\.(?:js|html))\b/.exec(code)?.[1]
    return file ? [{ file, code }] : []
  })
}

/** Saves the files of a page. */
export function saveFiles(folder: string, parts: readonly Part[]): void {
  for (const part of parts) if ('file' in part) writeFileSync(join(folder, part.file), part.code)
}

/** Starts a server of the tutorial, which listens until the test ends. */
export interface TutorialServer {
  /** Such as `http://localhost:3000`. */
  readonly origin: string
  /** @returns its exit code, or null if a signal ended it */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

export async function startTutorial(
  t: Test,
  node: string,
  folder: string,
  settings: { readonly PORT: string; readonly REDIS_URL?: string },
): Promise<TutorialServer> {
  const env = { ...process.env, NODE_OPTIONS: '', ...settings }
  const child = outlived([node, '--no-warnings', 'server.js'], { cwd: folder, env })
  t.teardown(() => end(child))
  if (!child.stdout) throw new Error('the server has no output')
  const [origin] = await once(createInterface(child.stdout), 'line')
  return {
    origin,
    async stop(signal) {
      const ended = once(child, 'exit')
      child.kill(signal)
      const [code] = await ended
      return code
    },
  }
}

/** Pastes code into the console of a page of this server, and waits until it has printed what it should, in any order. */
export async function pasteIntoConsole(
  t: Test,
  origin: string,
  { console: code, prints }: Extract<Part, { console: string }>,
): Promise<void> {
  const printed: string[] = []
  class PageSocket extends WebSocket {
    constructor(address: string) {
      super(address)
      t.teardown(() => this.close())
    }
  }
  const console = { log: (line: string) => printed.push(line) }
  runInContext(code, createContext({ console, location: { origin }, WebSocket: PageSocket }))
  await eventually(
    'the console has printed everything',
    () => printed.length >= prints.length,
    () => printed,
  )
  t.same(printed.toSorted(), prints.toSorted())
}
