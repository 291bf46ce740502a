import TurndownService from 'turndown'
import { inertDocument, STYLE } from '../live/inert-document.ts'
import { makeWordLists } from './word-lists.ts'

/** Elements that are looked at: a message has no room for more. */
const ELEMENTS = 5_000
/** The deepest that lists and quotes may be nested. */
const DEPTH = 100
/** Without one of these a text is only coloured, and its plain form says the same. */
const FORMATTED =
  'a[href], b, strong, i, em, s, del, strike, code, pre, ul, ol, blockquote, table, h1, h2, h3, h4, h5, h6'
/** Elements that say nothing, or nothing that a message can hold. */
const UNSEEN =
  'script, style, template, noscript, title, meta, link, iframe, object, svg, math, img, picture, video, audio, canvas, input, button, select, hr, [hidden]'

const turndown = new TurndownService({
  bulletListMarker: '-',
  codeBlockStyle: 'fenced',
  emDelimiter: '_',
  br: '',
  hr: '',
  preformattedCode: true,
})
turndown.escape = escapeMarkdown
turndown.addRule('strikethrough', {
  filter: ['del', 's'],
  replacement: (content) => (content.trim() ? `~~${content.trim()}~~` : content),
})
turndown.addRule('heading', {
  // A message has no headings.
  filter: ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
  replacement: (content) => {
    const words = content.replaceAll('**', '').replace(/\s+/g, ' ').trim()
    return words ? `\n\n**${words}**\n\n` : ''
  },
})
turndown.addRule('link', {
  filter: 'a',
  replacement: (content, node) => {
    const href = (node instanceof Element && node.getAttribute('href')?.trim()) || ''
    const words = content.replace(/\s+/g, ' ')
    if (!/^(?:https?:\/\/|mailto:)/i.test(href) || !words.trim()) return words
    const address = href.replace(/[\s()<>]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
    return words.trim() === href ? href : `[${words.trim()}](${address})`
  },
})
turndown.addRule('list item', {
  filter: 'li',
  replacement: (content, node) => {
    const parent = node.parentElement
    const place = parent ? [...parent.children].filter(({ nodeName }) => nodeName === 'LI').indexOf(node) : 0
    const first = Number(parent?.getAttribute('start') ?? 1) || 1
    const mark = parent?.nodeName === 'OL' ? `${first + place}. ` : '- '
    const lines = content
      .trim()
      .replace(/\n{2,}/g, '\n')
      .split('\n')
    return `${mark}${lines.join(`\n${' '.repeat(mark.length)}`)}\n`
  },
})
turndown.addRule('table', {
  filter: 'table',
  replacement: (_content, node) => (node instanceof Element ? `\n\n${tableOf(node)}\n\n` : ''),
})

/**
 * Converts HTML that a browser has copied from a page or a document to Markdown.
 * @returns undefined where nothing in it is formatted, or where it is more than a message can hold
 */
export function markdownFrom(html: string): string | undefined {
  const { body } = inertDocument(html)
  for (const element of body.querySelectorAll(UNSEEN)) element.remove()
  if (body.getElementsByTagName('*').length > ELEMENTS || isDeep(body)) return undefined
  makeWordLists(body)
  nameFormats(body)
  flattenLayout(body)
  if (!body.querySelector(FORMATTED) || isOneCell(body)) return undefined
  return turndown
    .turndown(body)
    .replace(/[ \t]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .replaceAll('\u00a0', ' ')
}

function isDeep(body: HTMLElement): boolean {
  let level: Element[] = [body]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEPTH) return true
    level = level.flatMap((element) => [...element.children])
  }
  return false
}

/** Documents say by styles what pages say by elements. */
function nameFormats(body: HTMLElement): void {
  for (const element of body.querySelectorAll<HTMLElement>(`[${STYLE}]`)) {
    const style = element.getAttribute(STYLE) ?? ''
    // Google Docs puts everything that it copies into a <b> that is not bold.
    if (element.matches('b, strong, i, em') && /font-(?:weight|style):\s*(?:normal|400)/i.test(style))
      unwrap(element)
    else if (element.matches('span, font')) {
      if (/font-weight:\s*(?:bold|[6-9]00)/i.test(style)) wrapContent(element, 'b')
      if (/font-style:\s*italic/i.test(style)) wrapContent(element, 'i')
      if (/text-decoration[^;]*line-through/i.test(style)) wrapContent(element, 's')
    }
  }
  for (const element of body.querySelectorAll<HTMLElement>('strike')) {
    wrapContent(element, 's')
    unwrap(element)
  }
}

/** A table around other tables is there for the look of a page or a letter. */
function flattenLayout(body: HTMLElement): void {
  for (const table of body.querySelectorAll('table')) {
    if (!table.querySelector('table')) continue
    const cells = [...table.querySelectorAll('td, th')].filter((cell) => cell.closest('table') === table)
    const parts = cells.map((cell) => {
      const part = body.ownerDocument.createElement('div')
      part.append(...cell.childNodes)
      return part
    })
    table.replaceWith(...parts)
  }
}

function unwrap(element: Element): void {
  element.replaceWith(...element.childNodes)
}

function wrapContent(element: Element, name: 'b' | 'i' | 's'): void {
  const inner = element.ownerDocument.createElement(name)
  inner.append(...element.childNodes)
  element.append(inner)
}

/** Tells whether it is a single cell of a spreadsheet, which is pasted as its text. */
function isOneCell(body: HTMLElement): boolean {
  return body.querySelectorAll('td, th').length === 1 && body.querySelector('table') !== null
}

/** The first row is the head, since a table of Markdown has one. */
function tableOf(table: Element): string {
  const rows = [...table.querySelectorAll('tr')]
    .filter((row) => row.closest('table') === table)
    .map((row) =>
      [...row.children].filter(({ nodeName }) => nodeName === 'TD' || nodeName === 'TH').map(cellOf),
    )
    .filter((row) => row.some((cell) => cell !== ''))
  const width = Math.max(0, ...rows.map((row) => row.length))
  if (width === 0) return ''
  const lines = rows.map((row) => line(Array.from({ length: width }, (_, column) => row[column] ?? '')))
  lines.splice(1, 0, line(Array.from({ length: width }, () => '---')))
  return lines.join('\n')
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function cellOf(cell: Element): string {
  if (!(cell instanceof HTMLElement)) return ''
  return turndown.turndown(cell).replace(/\s+/g, ' ').replaceAll('|', '\\|').trim()
}

/** Escapes what would be read as Markdown, and leaves what would not: `snake_case` and `2 * 3` stay as they are. */
function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`]/g, '\\$&')
    .replace(/\*(?=\S)|(?<=\S)\*|~~/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}_])_(?=\S)|(?<=\S)_(?![\p{L}\p{N}_])/gu, '\\_')
    .replace(/\[(?=[^\]\n]{0,200}\]\()/g, '\\[')
    .replace(/^(?:#{1,6} |[-+] |>)/, '\\$&')
    .replace(/^(\d{1,9})([.)] )/, '$1\\$2')
}
