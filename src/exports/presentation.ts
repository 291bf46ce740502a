import type { Calendar } from '../web/presentation.ts'
import type { JobFrame } from './protocol.ts'

/** An export as `views/exports/export.eta` shows it. */
export interface ExportView {
  readonly id: string
  /** The address of the page on which it stands. */
  readonly path: string
  /** Its format and size, or why it failed. */
  readonly heading: string
  readonly note: string
  /** From 0 to 100, while it is made; undefined: it is not. */
  readonly percent: number | undefined
  /** The address of the file; undefined: there is none. */
  readonly url: string | undefined
  /** The format of the file, for the link's name. */
  readonly kind: string
  readonly failed: boolean
}

const KINDS: Readonly<Record<string, string>> = { json: 'JSON', csv: 'CSV', html: 'HTML' }

export function exportView(
  { id, progress, result, state }: JobFrame,
  path: string,
  calendar: Calendar,
): ExportView {
  const view = {
    id,
    path,
    percent: undefined,
    url: undefined,
    kind: '',
    failed: false,
  }
  if (result && 'url' in result) {
    const { expires, format, messages, size, url } = result
    const kind = KINDS[format] ?? format
    const count = messages === undefined ? '' : `${countOf(messages)} · `
    const until = `kept until ${calendar.recent(expires)}`
    return { ...view, heading: kind, note: `${count}${sizeText(size)} · ${until}`, url, kind }
  }
  if (state === 'failed')
    return { ...view, heading: 'This export failed', note: result?.error ?? '', failed: true }
  if (state === 'waiting') return { ...view, heading: 'Waiting to start', note: '', percent: 0 }
  const percent = Math.floor(progress * 100)
  return { ...view, heading: 'Exporting', note: `${percent} % done`, percent }
}

function countOf(messages: number): string {
  return messages === 1 ? '1 message' : `${messages.toLocaleString('en')} messages`
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const [size, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KiB'] : [bytes / 1024 / 1024, 'MiB']
  return `${size.toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`
}
