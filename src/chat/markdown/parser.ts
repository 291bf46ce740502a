import MarkdownIt, { type StateBlock, type StateInline, type Token } from 'markdown-it'
import { webAddressOf } from '../links.ts'
import { addressRule, textRule } from './addresses.ts'
import { shortcodeRule } from './shortcodes.ts'

/**
 * The deepest that quotes and lists may be nested. markdown-it leaves out anything deeper, so such a text is shown as it was
 * typed.
 */
const NESTING = 20

/** Columns of a table, and its cells, with those that rows lack: markdown-it would make up to 65,536 of a text of 3 KiB. */
const COLUMNS = 32
const CELLS = 1_000

type BlockRule = (state: StateBlock, startLine: number, endLine: number, silent: boolean) => boolean
type InlineRule = (state: StateInline, silent: boolean) => boolean

/** Markdown as it is written in talk: what the rules below leave out of CommonMark, and what they add, is in docs/protocol.md. */
const markdown = new MarkdownIt('zero', { maxNesting: NESTING }).enable([
  'autolink',
  'backticks',
  'blockquote',
  'code',
  'emphasis',
  'escape',
  'fence',
  'heading',
  'hr',
  'image',
  'link',
  'list',
  'newline',
  'strikethrough',
  'table',
])
markdown.validateLink = (url) => webAddressOf(url) !== undefined
// Addresses are shown as they were typed: decoded into another alphabet, one could look like a different address.
markdown.normalizeLinkText = (url) => url

const { inline, block } = markdown
inline.ruler.at('text', textRule)
inline.ruler.before('text', 'address', addressRule)
inline.ruler.before('newline', 'expression', expressionRule)
inline.ruler.before('newline', 'shortcode', shortcodeRule)
inline.ruler.at('newline', newlineRule)
inline.ruler.at('emphasis', emphasisRule(onlyInline('emphasis')))
inline.ruler.at('link', labelledRule(onlyInline('link'), 0))
inline.ruler.at('image', labelledRule(onlyInline('image'), 1))
block.ruler.at('blockquote', quoteRule(onlyBlock('blockquote')), {
  alt: ['paragraph', 'reference', 'blockquote', 'list'],
})
block.ruler.at('table', tableRule(onlyBlock('table')), { alt: ['paragraph', 'reference'] })

/** Reads addresses alone, for texts that are too long for Markdown: they are shown as they were typed, with links. */
const addressesAlone = new MarkdownIt('zero')
addressesAlone.inline.ruler.at('text', textRule)
addressesAlone.inline.ruler.before('text', 'address', addressRule)
addressesAlone.inline.ruler.before('text', 'newline', newlineRule)

/**
 * So much of each is read in one text, which takes a millisecond or two whatever it holds: characters with which marks begin, lines
 * with which a block may begin, and what may be a link.
 */
const BOUNDS: readonly (readonly [RegExp, number])[] = [
  [/[*_`~[\]<>|\\:!]/g, 1_000],
  [/^[ \t]*(?:$|[>#+*|-]|\d{1,9}[.)])/gm, 200],
  [/\]\(|<|@|:\/\/|www\.|mailto:/g, 200],
]

export function parseMarkdown(text: string): Token[] {
  const read = text.trimEnd()
  const isBounded = BOUNDS.every(([pattern, most]) => (read.match(pattern)?.length ?? 0) <= most)
  const tokens = isBounded ? markdown.parse(read, {}) : []
  const isWhole = !tokens.some(({ level, type }) => level >= NESTING - 1 && CONTAINERS.has(type))
  return isBounded && isWhole ? tokens : addressesAlone.parseInline(read, {})
}

const CONTAINERS: ReadonlySet<string> = new Set(['blockquote_open', 'list_item_open'])

/** The function of a rule of markdown-it, which has no other way to it. */
function onlyBlock(name: string): BlockRule {
  const { ruler } = new MarkdownIt('zero').block
  ruler.enableOnly(name)
  const [rule] = ruler.getRules('')
  if (!rule) throw new Error(`markdown-it has no rule ${name}`)
  return rule
}

function onlyInline(name: string): InlineRule {
  const { ruler } = new MarkdownIt('zero').inline
  ruler.enableOnly(name)
  const [rule] = ruler.getRules('')
  if (!rule) throw new Error(`markdown-it has no rule ${name}`)
  return rule
}

/** A face such as `>:(` or `>_<` is no quote. */
const FACE = /^>[.:;=_<-]/

function quoteRule(rule: BlockRule): BlockRule {
  return (state, startLine, endLine, silent) => {
    const begin = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0)
    return !FACE.test(state.src.slice(begin, begin + 2)) && rule(state, startLine, endLine, silent)
  }
}

/** A table is one only where none of its rows is longer than its head: nothing that was typed is left out. */
function tableRule(rule: BlockRule): BlockRule {
  return (state, startLine, endLine, silent) => {
    const columns = cellsIn(state, startLine)
    if (columns > COLUMNS || columns * (endLine - startLine) > CELLS) return false
    if (silent) return rule(state, startLine, endLine, silent)
    const { length } = state.tokens
    const { line } = state
    if (!rule(state, startLine, endLine, silent)) return false
    for (let row = startLine + 2; row < state.line; row += 1) {
      if (cellsIn(state, row) <= columns) continue
      state.tokens.length = length
      state.line = line
      return false
    }
    return true
  }
}

function cellsIn(state: StateBlock, line: number): number {
  const begin = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0)
  const row = state.src.slice(begin, state.eMarks[line]).trim()
  let cells = 1
  for (let place = row.indexOf('|'); place !== -1; place = row.indexOf('|', place + 1))
    if (place > 0 && place < row.length - 1 && row[place - 1] !== '\\') cells += 1
  return cells
}

/** Ends of lines are shown, and so are the spaces at them. */
function newlineRule(state: StateInline, silent: boolean): boolean {
  if (state.src[state.pos] !== '\n') return false
  if (!silent) state.push('softbreak', 'br', 0)
  state.pos += 1
  return true
}

/** Matches an expression, which is shown as it was typed: in `2*3*4` there is no emphasis. */
const EXPRESSION = /\{= +[^\s{}`][^\n{}`]*\}/y
const EXPRESSION_LINE = /= +\S.*/y

function expressionRule(state: StateInline, silent: boolean): boolean {
  const { pos, src } = state
  const beginsLine = src[pos] === '=' && (pos === 0 || src[pos - 1] === '\n')
  if (src[pos] !== '{' && !beginsLine) return false
  const pattern = beginsLine ? EXPRESSION_LINE : EXPRESSION
  pattern.lastIndex = pos
  const found = pattern.exec(src)?.[0]
  if (found === undefined || pos + found.length > state.posMax) return false
  if (!silent) state.pending += found
  state.pos += found.length
  return true
}

/** `2*3*4` is a product, and `2**3` a power: asterisks between letters or digits without accents are no emphasis. */
function emphasisRule(rule: InlineRule): InlineRule {
  return (state, silent) => {
    const { pos, src } = state
    if (src[pos] !== '*' || silent) return rule(state, silent)
    let end = pos
    while (src[end] === '*') end += 1
    if (!isAlphanumeric(src.charCodeAt(pos - 1)) || !isAlphanumeric(src.charCodeAt(end)))
      return rule(state, silent)
    state.pending += src.slice(pos, end)
    state.pos = end
    return true
  }
}

function isAlphanumeric(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

/** Characters that turn the direction of text or show nothing: with these a label could be read as an address that it is not. */
const HIDDEN = /[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/

/** A label with hidden characters is no link's. @param bracket where it begins, behind the place of the rule */
function labelledRule(rule: InlineRule, bracket: number): InlineRule {
  return (state, silent) => {
    const start = state.pos + bracket
    if (state.src[start] !== '[') return false
    const end = state.md.helpers.parseLinkLabel(state, start, bracket === 0)
    if (end < 0 || state.src[end + 1] !== '(') return false
    return !HIDDEN.test(state.src.slice(start, end)) && rule(state, silent)
  }
}
