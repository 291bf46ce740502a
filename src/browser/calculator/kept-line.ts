import { isObject } from '../client/index.ts'
import { tabTexts } from '../live/kept-texts.ts'
import type { EditorTarget } from './editor-target.ts'

/** A text that was being written in a line of the sheet, or in a new one. */
export type KeptLine =
  | {
      readonly kind: 'line'
      readonly seq: number
      readonly base: number
      readonly original: string
      readonly expression: string
    }
  | { readonly kind: 'new'; readonly before: number | null; readonly expression: string }

/**
 * Keeps in the tab what is being written in a line. A page that is left sends it, but not every page is left in order: a browser
 * that crashes, or a phone that ends a page in the background, opens the tab again with what it kept.
 */
export class LineKeeper {
  readonly #key: string

  /** @param key names the person and the sheet */
  constructor(key: string) {
    this.#key = key
  }

  read(): KeptLine | undefined {
    return parse(tabTexts.get(this.#key))
  }

  /** @param line undefined: nothing is being written */
  keep(line: KeptLine | undefined): void {
    tabTexts.set(this.#key, line === undefined ? '' : JSON.stringify(line))
  }
}

/** @param expression as it is written in the line now */
export function keptOf(target: EditorTarget, expression: string): KeptLine {
  if (target.kind === 'new') return { kind: 'new', before: target.before, expression }
  const { base, original, row } = target
  return { kind: 'line', seq: row.seq, base, original, expression }
}

function parse(text: string): KeptLine | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value)) return undefined
    const { kind, seq, base, original, before, expression } = value
    if (typeof expression !== 'string') return undefined
    if (kind === 'new') return { kind, before: typeof before === 'number' ? before : null, expression }
    const isLine = kind === 'line' && typeof original === 'string'
    if (!isLine || typeof seq !== 'number' || typeof base !== 'number') return undefined
    return { kind, seq, base, original, expression }
  } catch {
    return undefined
  }
}
