import MarkdownIt from 'markdown-it'

/** Something to calculate in the text of a message. */
export interface FoundExpression {
  readonly expression: string
  /** Its beginning in the text, in UTF-16 code units. */
  readonly position: number
}

/** A line that begins with `= `, and `{= …}` within a line; a backslash before the brace leaves it alone. */
const EXPRESSION = /^= +(?<line>\S.*)$|(?<!\\)\{= +(?<inside>[^\s{}`][^\n{}`]*)\}/gm

/** Stands where an expression begins while Markdown is read. */
const MARK = '\uE000'

/** The characters with which any code in Markdown begins. */
const CODE = /[`~\t]| {4}/

/** Markdown with nothing enabled but what tells code from text. */
const markdown = new MarkdownIt('zero').enable([
  'backticks',
  'blockquote',
  'code',
  'escape',
  'fence',
  'heading',
  'hr',
  'list',
])

/** Tells whether there may be expressions in a text. */
export function hasExpressions(text: string): boolean {
  return text.search(EXPRESSION) !== -1
}

/** Finds the expressions in the text of a message, in their order: those in Markdown's code spans and blocks are none. */
export function findExpressions(text: string): FoundExpression[] {
  const matches = [...text.matchAll(EXPRESSION)]
  if (matches.length === 0) return []
  const places = matches.map(({ index }) => index)
  const isCode = areCode(text, places)
  return matches.flatMap(({ 0: whole, index, groups = {} }, number) => {
    if (isCode[number] !== false) return []
    const expression = (groups.line ?? groups.inside ?? '').trimEnd()
    return [{ expression, position: index + whole.indexOf(expression, whole.indexOf('=') + 1) }]
  })
}

/** Tells of places in a text, in their order, whether each is in Markdown's code. */
export function areCode(text: string, places: readonly number[]): boolean[] {
  if (!CODE.test(text)) return places.map(() => false)
  const characters = text.replaceAll(MARK, ' ').split('')
  for (const place of places) characters[place] = MARK
  const areas = markdown
    .parse(characters.join(''), {})
    .flatMap(({ type, content, info, children }) =>
      type === 'inline' && children
        ? children.map((child) => ({ isCode: child.type === 'code_inline', content: child.content }))
        : [{ isCode: true, content: info + content }],
    )
  const found = areas.flatMap(({ isCode, content }) => Array(content.split(MARK).length - 1).fill(isCode))
  // Text that Markdown leaves out, nested too deep, has the places not be counted through.
  return found.length === places.length ? found : places.map(() => true)
}
