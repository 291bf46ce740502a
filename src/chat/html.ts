import { LRUCache } from 'lru-cache'
import { escapeHtml } from '../text/html.ts'
import { type FoundLink, findLinks } from './links.ts'
import { type FoundMention, mentionPlaces } from './mentions.ts'

/** Characters of a message's HTML: one that would be longer is shown as its text. */
const HTML_LENGTH = 32 * 1024
/** Characters that the cache may hold, of texts and HTML together. */
const KEPT = 4 * 1024 * 1024

/** The attributes of every link and mention. */
const PLACE = /:\/\/|@|mailto:/i

const known = new LRUCache<string, { html: string | undefined }>({
  maxSize: KEPT,
  sizeCalculation: ({ html = '' }, key) => key.length + html.length + 100,
})

/**
 * A text as HTML, with its links made into links and its mentions marked; undefined where that is no more than the escaped text.
 * @param people the usernames of those whom it mentions
 */
export function messageHtml(text: string, people: readonly string[]): string | undefined {
  if (text.search(PLACE) === -1) return undefined
  const key = people.length === 0 ? text : `${people.join()}\0${text}`
  const before = known.get(key)
  if (before) return before.html
  const html = makeHtml(text, people)
  known.set(key, { html })
  return html
}

interface Piece {
  readonly start: number
  readonly end: number
  readonly html: string
}

function makeHtml(text: string, people: readonly string[]): string | undefined {
  const pieces = [
    ...findLinks(text).map(linkPiece),
    ...mentionPlaces(text, people).map((mention) => mentionPiece(text, mention)),
  ].sort((a, b) => a.start - b.start)
  if (pieces.length === 0) return undefined
  let html = ''
  let end = 0
  for (const piece of pieces) {
    // A mention within a link is a part of its address.
    if (piece.start < end) continue
    html += escapeHtml(text.slice(end, piece.start)) + piece.html
    end = piece.end
  }
  html += escapeHtml(text.slice(end))
  return html.length > HTML_LENGTH ? undefined : html
}

function linkPiece({ url, text, index, lastIndex }: FoundLink): Piece {
  const html = `<a href="${escapeHtml(url)}" target="_blank" rel="noopener noreferrer nofollow ugc">${escapeHtml(text)}</a>`
  return { start: index, end: lastIndex, html }
}

function mentionPiece(text: string, { index, length }: FoundMention): Piece {
  const end = index + length
  return { start: index, end, html: `<span class="mention">${escapeHtml(text.slice(index, end))}</span>` }
}
