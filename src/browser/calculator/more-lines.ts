import type { ResultFrame } from '../../calculator/protocol.ts'
import type { FetchedLines, Rows } from './rows.ts'

interface LinesPage {
  readonly lines: readonly ResultFrame[]
  readonly more: boolean
}

/** Milliseconds between two pages, in which the reader is served first, and after a failure. */
const REST = 50
const RETRY = 5_000

/** Loads the lines of a long sheet that the page came without, page after page. @param path of the sheet for programs */
export async function loadMore(rows: Rows, path: string): Promise<void> {
  while (rows.end !== undefined) {
    try {
      await rows.load((end) => linesAfter(path, end))
      await rest(REST)
    } catch {
      await rest(RETRY)
    }
  }
  document.getElementById('more-lines')?.remove()
}

async function linesAfter(path: string, after: string): Promise<FetchedLines> {
  const answer = await fetch(`${path}?after=${encodeURIComponent(after)}`)
  if (!answer.ok) throw new Error(`lines were answered with ${answer.status}`)
  const { lines, more } = (await answer.json()) as LinesPage
  return { lines, end: more ? lines.at(-1)?.position : undefined }
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
