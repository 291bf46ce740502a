import type { Token } from 'markdown-it'
import { escapeHtml } from '../../text/html.ts'
import { webAddressOf } from '../links.ts'
import { mentionPlaces } from '../mentions.ts'
import { codeOf } from './code.ts'

/** Links of one message: what comes after them stays text. */
const LINKS = 100

/** The colours of some code are not made yet. */
export const LATE = Symbol('late')

/**
 * Colours a block of code.
 * @returns HTML of nothing but spans with classes; undefined: it is shown as it is; `LATE`: it is shown so for the time being
 */
export type Highlight = (code: string, language: string) => string | typeof LATE | undefined

/** The facts about a message that its HTML depends on beside its Markdown, and a count of the links made so far. */
interface Surroundings {
  /** The usernames of those whom it mentions. */
  readonly people: readonly string[]
  readonly highlight: Highlight
  links: number
}

/** Elements that stand for a pair of Markdown's tokens. They have no attributes. */
const ELEMENTS: Readonly<Record<string, string>> = {
  blockquote: 'blockquote',
  bullet_list: 'ul',
  em: 'em',
  list_item: 'li',
  paragraph: 'p',
  s: 's',
  strong: 'strong',
  tbody: 'tbody',
  thead: 'thead',
  tr: 'tr',
}

/** Headings of a message stand below those of the page. */
const HEADINGS: Readonly<Record<string, string>> = { h1: 'h3', h2: 'h4' }

const ALIGNED: Readonly<Record<string, string>> = {
  'text-align:center': ' class="center"',
  'text-align:right': ' class="right"',
}

/**
 * Renders Markdown's tokens as HTML. Only the elements listed here are produced, whatever the tokens are; all others are shown
 * as text.
 */
export function tokensAsHtml(
  tokens: readonly Token[],
  people: readonly string[],
  highlight: Highlight,
): string {
  const around = { people, highlight, links: 0 }
  const shown = isOneParagraph(tokens) ? tokens.slice(1, 2) : tokens
  return shown.map((token) => blockHtml(token, around)).join('')
}

/** Tells whether a text is a single paragraph: that is not marked as one. */
export function isOneParagraph(tokens: readonly Token[]): boolean {
  return tokens.length === 3 && tokens[0]?.type === 'paragraph_open'
}

function blockHtml(token: Token, around: Surroundings): string {
  const { hidden, nesting, tag, type } = token
  if (hidden) return ''
  const name = type.replace(/_(?:open|close)$/, '')
  const element = ELEMENTS[name]
  if (element && nesting !== 0) return nesting === 1 ? `<${element}>` : `</${element}>`
  const closes = nesting === -1 ? '/' : ''
  switch (name) {
    case 'heading':
      return `<${closes}${HEADINGS[tag] ?? 'h5'}>`
    case 'ordered_list':
      return `<${closes}ol${startOf(token)}>`
    case 'table':
      return closes ? '</table></div>' : '<div class="table"><table>'
    case 'th':
    case 'td':
      return `<${closes}${name}${ALIGNED[String(token.attrGet('style'))] ?? ''}>`
    case 'hr':
      return '<hr>'
    case 'fence':
    case 'code_block':
      return codeHtml(token, around)
    case 'inline':
      return inlineHtml(token.children ?? [], around)
    default:
      return escapeHtml(token.content)
  }
}

function startOf(token: Token): string {
  const start = Number(token.attrGet('start') ?? 1)
  return token.nesting === 1 && Number.isSafeInteger(start) && start !== 1 ? ` start="${start}"` : ''
}

function codeHtml(token: Token, { highlight }: Surroundings): string {
  const { code, language } = codeOf(token)
  if (language === undefined) return `<pre><code>${escapeHtml(code)}</code></pre>`
  const colours = highlight(code, language)
  const html = typeof colours === 'string' ? colours : escapeHtml(code)
  const late = colours === LATE ? ' late' : ''
  return `<pre><code class="language-${language}${late}">${html}</code></pre>`
}

function inlineHtml(tokens: readonly Token[], around: Surroundings): string {
  let html = ''
  let label: Token[] | undefined
  let link: Token | undefined
  for (const token of tokens) {
    if (token.type === 'link_open') {
      link = token
      label = []
    } else if (link && label && token.type === 'link_close') {
      html += linkHtml(link, label, around)
      label = undefined
    } else if (label) label.push(token)
    else html += pieceHtml(token, around)
  }
  return html
}

function pieceHtml(token: Token, around: Surroundings): string {
  const { content, nesting, type } = token
  const element = ELEMENTS[type.replace(/_(?:open|close)$/, '')]
  if (element && nesting !== 0) return nesting === 1 ? `<${element}>` : `</${element}>`
  switch (type) {
    case 'softbreak':
    case 'hardbreak':
      return '<br>'
    case 'code_inline':
      return `<code>${escapeHtml(content)}</code>`
    case 'image':
      return linkHtml(token, token.children ?? [], around)
    default:
      return textHtml(content, around.people)
  }
}

/** A link, and a picture from elsewhere: nobody who reads a message is to ask another host for anything. */
function linkHtml(token: Token, label: readonly Token[], around: Surroundings): string {
  const url = String(token.attrGet('href') ?? token.attrGet('src'))
  const isTyped = token.info === 'auto'
  const shown = label.map((piece) => labelHtml(piece, around)).join('')
  const host = isTyped ? '' : webAddressOf(url)
  around.links += 1
  if (around.links > LINKS || host === undefined) return isTyped ? shown : `${shown} (${escapeHtml(url)})`
  const title = isTyped ? '' : ` title="${escapeHtml(url)}"`
  const isMisleading = host !== '' && namesAnother(label.map(textOf).join(''), host)
  const place = isMisleading ? ` <span class="host">(${escapeHtml(host)})</span>` : ''
  const rest = ' target="_blank" rel="noopener noreferrer nofollow ugc"'
  return `<a href="${escapeHtml(url)}"${title}${rest}>${shown || escapeHtml(url)}${place}</a>`
}

/** In a label there are no links, and no mentions. */
function labelHtml(token: Token, around: Surroundings): string {
  if (token.type.startsWith('link_')) return ''
  return token.type === 'image' ? escapeHtml(textOf(token)) : pieceHtml(token, { ...around, people: [] })
}

function textOf({ children, content, type }: Token): string {
  if (type === 'image') return (children ?? []).map(textOf).join('')
  return type.endsWith('break') ? ' ' : content
}

/** Matches texts that may be read as an address, or as the name of a host or mailbox. */
const ADDRESS =
  /:\/\/(?<host>[^\s/:?#]*)\S*|(?<name>(?:[\p{L}\p{N}._+-]+@)?[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}[\p{L}\p{N}-]+)/gu

/** Tells whether a label reads like an address, and not like this one. */
function namesAnother(label: string, host: string): boolean {
  const plain = label
    .slice(0, 300)
    .normalize('NFKC')
    .replace(/[。．｡․]/g, '.')
    .toLowerCase()
  return [...plain.matchAll(ADDRESS)].some(
    ({ groups = {} }) => withoutWww(groups.host ?? groups.name ?? '') !== withoutWww(host.toLowerCase()),
  )
}

function withoutWww(host: string): string {
  return host.replace(/^www\./, '')
}

function textHtml(text: string, people: readonly string[]): string {
  if (people.length === 0) return escapeHtml(text)
  let html = ''
  let end = 0
  for (const { index, length } of mentionPlaces(text, people)) {
    const mention = escapeHtml(text.slice(index, index + length))
    html += `${escapeHtml(text.slice(end, index))}<span class="mention">${mention}</span>`
    end = index + length
  }
  return html + escapeHtml(text.slice(end))
}
