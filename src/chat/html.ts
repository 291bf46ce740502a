import { LRUCache } from 'lru-cache'
import { escapeHtml } from '../text/html.ts'
import { isEmojiAlone } from './emoji.ts'
import { colouring } from './markdown/colouring.ts'
import { isOneParagraph, LATE, tokensAsHtml } from './markdown/html.ts'
import { parseMarkdown } from './markdown/parser.ts'
import { tokensAsText } from './markdown/plain-text.ts'
import { actionIn } from './presentation.ts'

/** Characters of a message's HTML: one that would be longer is shown as its text. */
const HTML_LENGTH = 32 * 1024
/** Characters that the cache may hold, of texts and HTML together. */
const KEPT = 4 * 1024 * 1024

/** Matches any markup. Most messages have none, and are recognized by this expression alone. */
const MARKUP =
  /[*_`\\@]|~~|\]\(|:\/\/|:[a-z\d_+-]+:|[wW]{3}\.|^(?:[ \t]{0,3}(?:>|#{1,6}(?:\s|$)|[+-](?:\s|$)|--|\d{1,9}[.)](?:\s|$)|[|:][ \t|:-]*-)| {4}|\t)/m

const known = new LRUCache<string, { readonly html: string | undefined }>({
  maxSize: KEPT,
  sizeCalculation: ({ html = '' }, key) => key.length + html.length + 100,
})

/**
 * Renders a text as HTML, with its Markdown, links, emoji and mentions; undefined if that is only the escaped text.
 * @param people the usernames of those whom it mentions
 */
export function messageHtml(text: string, people: readonly string[]): string | undefined {
  const action = text.startsWith('/') ? actionIn(text) : undefined
  if (action === undefined && !MARKUP.test(text)) return isEmojiAlone(text) ? largeEmoji(text) : undefined
  const key = people.length === 0 ? text : `${people.join()}\0${text}`
  const before = known.get(key)
  if (before) return before.html
  const { html, isLasting } = makeHtml(action ?? text, people, action !== undefined)
  if (isLasting) known.set(key, { html })
  return html
}

interface MadeHtml {
  readonly html: string | undefined
  /** False where the colours of some code were not there. */
  readonly isLasting: boolean
}

function makeHtml(text: string, people: readonly string[], isAction: boolean): MadeHtml {
  const tokens = parseMarkdown(text)
  let isLasting = true
  const coloured = tokensAsHtml(tokens, people, (code, language) => {
    if (!colouring.takes(code, language)) return undefined
    const colours = colouring.of(code, language)
    if (colours) return colours.html
    isLasting = false
    return LATE
  })
  const html = coloured.length > HTML_LENGTH ? tokensAsHtml(tokens, people, () => undefined) : coloured
  if (html.length > HTML_LENGTH || !hasContent(html)) return { html: undefined, isLasting }
  if (isAction) return { html: actionHtml(html, isOneParagraph(tokens)), isLasting }
  const shown = tokensAsText(tokens)
  if (isOneParagraph(tokens) && isEmojiAlone(shown)) return { html: largeEmoji(shown), isLasting }
  return { html: isNoMore(html, text) ? undefined : html, isLasting }
}

/** Tells whether HTML shows a text as it would be shown without it. */
function isNoMore(html: string, text: string): boolean {
  const shown = html
    .replaceAll('<br>', '\n')
    .replaceAll('</p><p>', '\n\n')
    .replace(/^<p>|<\/p>$/g, '')
  return shown === escapeHtml(text.trim().replace(/\n\s*\n/g, '\n\n'))
}

/** A text of nothing but marks, such as `>`, `#` or `---`, is meant as it is. */
function hasContent(html: string): boolean {
  return /\S/.test(html.replace(/<[^>]*>/g, ''))
}

function actionHtml(html: string, isOne: boolean): string {
  const element = isOne ? 'span' : 'div'
  return `<${element} class="action">${html}</${element}>`
}

function largeEmoji(text: string): string {
  return `<span class="large-emoji">${text.trim()}</span>`
}

const texts = new LRUCache<string, string>({
  maxSize: KEPT / 4,
  sizeCalculation: (text, key) => key.length + text.length + 100,
})

/** A text, or the beginning of one, as it is shown in a line: without the marks of Markdown, and with emoji for their names. */
export function plainText(text: string): string {
  const said = actionIn(text) ?? text
  if (!MARKUP.test(said)) return said
  const before = texts.get(said)
  if (before !== undefined) return before
  const plain = tokensAsText(parseMarkdown(said)) || said
  texts.set(said, plain)
  return plain
}
