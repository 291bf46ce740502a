import { sizeText } from '../text/size.ts'
import type { FileFacts } from './protocol.ts'

export { sizeText }

/** The way in which a browser shows a file. */
export type FileKind = 'picture' | 'video' | 'audio' | 'file'

/** Types that browsers show or play by themselves, and in which nothing can run. */
const PICTURES: ReadonlySet<string> = new Set(
  ['png', 'jpeg', 'gif', 'webp', 'avif'].map((kind) => `image/${kind}`),
)
const VIDEOS: ReadonlySet<string> = new Set(
  ['mp4', 'webm', 'ogg', 'quicktime', 'x-m4v'].map((kind) => `video/${kind}`),
)
const SOUNDS: ReadonlySet<string> = new Set(
  ['mpeg', 'mp4', 'x-m4a', 'aac', 'ogg', 'opus', 'webm', 'wav', 'vnd.wave', 'flac', 'x-flac'].map(
    (kind) => `audio/${kind}`,
  ),
)

/** A picture that was not re-encoded, and has no size, is shown like any other file. */
export function fileKind({ type, width }: Pick<FileFacts, 'type' | 'width'>): FileKind {
  if (PICTURES.has(type)) return width === null ? 'file' : 'picture'
  if (VIDEOS.has(type)) return 'video'
  return SOUNDS.has(type) ? 'audio' : 'file'
}

/** Half as many pixels as a thumbnail has at most: screens of twice the density are common. */
const SHOWN = { width: 360, height: 270 }

/** A file as `views/files/file.eta` shows it. */
export interface FileView {
  readonly id: string
  readonly kind: FileKind
  readonly name: string
  /** Its kind and size, such as `PDF, 1.5 MiB`. */
  readonly about: string
  readonly href: string
  /** The small version of a picture, with its size, so that its space is known before it comes. */
  readonly thumbnail: { readonly src: string; readonly width: number; readonly height: number } | undefined
}

export function fileAddress({ id, name }: Pick<FileFacts, 'id' | 'name'>): string {
  return `/files/${id}/${encodeURIComponent(name)}`
}

export function fileView(file: FileFacts): FileView {
  const href = fileAddress(file)
  const kind = fileKind(file)
  const size = kind === 'picture' ? shownSize(file) : undefined
  return {
    id: file.id,
    kind,
    name: file.name,
    about: `${typeWords(file)}, ${sizeText(file.size)}`,
    href,
    thumbnail: size && { src: `${href}?thumbnail=1`, ...size },
  }
}

/** The size of a thumbnail on the page, in CSS pixels. */
function shownSize({ width, height }: FileFacts): { width: number; height: number } | undefined {
  if (width === null || height === null) return undefined
  const scale = Math.min(1, SHOWN.width / width, SHOWN.height / height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

const WORDS: Readonly<Record<string, string>> = {
  'text/plain': 'Text',
  'application/octet-stream': 'File',
  'application/pdf': 'PDF',
  'application/zip': 'ZIP archive',
  'application/gzip': 'Archive',
  'application/x-tar': 'Archive',
  'application/x-7z-compressed': 'Archive',
}

/** Names the type of a file in a word or two. */
function typeWords({ name, type }: Pick<FileFacts, 'name' | 'type'>): string {
  const known = WORDS[type]
  if (known !== undefined && type !== 'application/octet-stream' && type !== 'text/plain') return known
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1]?.toUpperCase()
  if (type.startsWith('image/')) return 'Picture'
  if (type.startsWith('video/')) return 'Video'
  if (type.startsWith('audio/')) return 'Audio'
  return extension ?? known ?? 'File'
}

/** Describes the files of a message without a text, for a single line. */
export function filesExcerpt(files: readonly Pick<FileFacts, 'name'>[]): string {
  const [first, ...others] = files
  if (!first) return ''
  return others.length === 0 ? `📎 ${first.name}` : `📎 ${first.name} and ${others.length} more`
}

/** A file that is going to be sent with a message, as `views/files/attachment.eta` shows it. */
export interface AttachmentView {
  readonly key: string
  readonly name: string
  /** The address of its thumbnail, once it is there. */
  readonly thumbnail: string | undefined
  /** The percentage uploaded so far; undefined: no upload is under way. */
  readonly progress: number | undefined
  readonly note: string
  readonly fault: boolean
  readonly mayRetry: boolean
}
