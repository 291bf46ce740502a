/** Bytes at the beginning of a file from which its type is determined. */
export const SAMPLE = 8 * 1024

/** Types of files that are archives inside, by the end of their names: they are for saving in any case. */
const WITHIN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'application/zip': {
    docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  },
  'application/x-cfb': {
    doc: 'application/msword',
    ppt: 'application/vnd.ms-powerpoint',
    xls: 'application/vnd.ms-excel',
  },
}

/** Types of texts that a browser could run; such a file is served as plain text and nothing else. */
const TEXTUAL = /^text\/|[/+]xml$|html|script|json|svg/

/** Control characters that stand in no text. */
const CONTROL = /(?![\t\n\v\f\r])\p{Cc}/u

/**
 * Determines the type of a file from its bytes, regardless of its name.
 * @param sample its first `SAMPLE` bytes
 * @param name by which archives are told from each other
 */
export async function fileTypeOf(sample: Buffer, name: string): Promise<string> {
  if (sample.length === 0) return 'text/plain'
  // Loaded here: it knows hundreds of types, and no file is sent while the server starts.
  const { fileTypeFromBuffer } = await import('file-type')
  const found = await fileTypeFromBuffer(sample).catch(() => undefined)
  const [type = ''] = found?.mime.split(';') ?? []
  if (type === '') return isText(sample) ? 'text/plain' : 'application/octet-stream'
  if (TEXTUAL.test(type)) return isText(sample) ? 'text/plain' : 'application/octet-stream'
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  return WITHIN[type]?.[extension] ?? type
}

/** Tells whether bytes are UTF-8 of a text; the last character may be cut off. */
function isText(sample: Buffer): boolean {
  try {
    return !CONTROL.test(new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true }))
  } catch {
    return false
  }
}
