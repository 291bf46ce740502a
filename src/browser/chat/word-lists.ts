import { STYLE } from '../live/inert-document.ts'

interface OpenList {
  readonly level: number
  readonly element: HTMLElement
}

/** Word copies the items of its lists as paragraphs: makes lists of them, nested as they were. */
export function makeWordLists(body: HTMLElement): void {
  let open: readonly OpenList[] = []
  for (const paragraph of body.querySelectorAll('p')) {
    const level = levelOf(paragraph)
    if (level === undefined) continue
    if (paragraph.previousElementSibling !== open[0]?.element) open = []
    const mark = takeMark(paragraph)
    const kind = /^\w{1,5}[.)]$/.test(mark) ? 'ol' : 'ul'
    open = open.filter((list) => list.level < level || (list.level === level && isOfKind(list, kind)))
    const around = open.at(-1)
    if (around?.level !== level) {
      const element = body.ownerDocument.createElement(kind)
      if (/^\d/.test(mark)) element.setAttribute('start', String(Number.parseInt(mark, 10)))
      const item = around?.element.lastElementChild
      if (item) item.append(element)
      else paragraph.before(element)
      open = [...open, { level, element }]
    }
    const item = body.ownerDocument.createElement('li')
    item.append(...paragraph.childNodes)
    open.at(-1)?.element.append(item)
    paragraph.remove()
  }
}

/** Returns the level at which a paragraph stands in a list, from 1; undefined: it stands in none. */
function levelOf(paragraph: Element): number | undefined {
  const level = /mso-list:\s*l\d+\s+level(\d)/i.exec(paragraph.getAttribute(STYLE) ?? '')?.[1]
  return level === undefined ? undefined : Number(level)
}

/** Takes away the bullet or the number with which an item begins. */
function takeMark(paragraph: Element): string {
  const mark = [...paragraph.querySelectorAll('span')].find((span) =>
    /mso-list:\s*ignore/i.test(span.getAttribute(STYLE) ?? ''),
  )
  mark?.remove()
  return mark?.textContent.trim() ?? ''
}

function isOfKind({ element }: OpenList, kind: 'ol' | 'ul'): boolean {
  return element.nodeName === kind.toUpperCase()
}
