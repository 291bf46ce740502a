import { isObject } from '../client/index.ts'
import { browserTexts, tabTexts } from '../live/kept-texts.ts'
import { readWritten, type Written } from './written.ts'

/** A tab's copy of the draft of a room. */
export interface KeptDraft {
  readonly written: Written
  /** The server's copy, as far as this tab knows, and its version. */
  readonly synced: Written
  readonly version?: string | undefined
}

/**
 * Keeps a draft through a reload. Each tab has its own, and a draft that the server does not have yet also survives closing the
 * browser.
 */
export class DraftKeeper {
  readonly #key: string

  /** @param key names the person and the room */
  constructor(key: string) {
    this.#key = key
  }

  read(): KeptDraft | undefined {
    const text = tabTexts.get(this.#key) || browserTexts.get(this.#key)
    if (text === '') return undefined
    const kept = parse(text)
    // An earlier release kept the text alone.
    return kept ?? { written: { text }, synced: { text: '' } }
  }

  /** @param isSynced whether the server has it */
  keep(kept: KeptDraft, isSynced: boolean): void {
    const text = JSON.stringify(kept)
    tabTexts.set(this.#key, text)
    browserTexts.set(this.#key, isSynced ? '' : text)
  }
}

function parse(text: string): KeptDraft | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value)) return undefined
    const written = readWritten(value.written)
    const synced = readWritten(value.synced)
    if (!written || !synced) return undefined
    return { written, synced, ...(typeof value.version === 'string' && { version: value.version }) }
  } catch {
    return undefined
  }
}
