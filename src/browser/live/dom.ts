import { codeParts } from '../../web/presentation.ts'

/** The element with this id. @throws when the page has none of that kind: template and script do not fit together. */
export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id)
  if (element instanceof kind) return element
  throw new Error(`the page has no ${kind.name} #${id}`)
}

/** The first match within `root`. @throws when there is none of that kind. */
export function find<Kind extends Element>(root: ParentNode, selector: string, kind: new () => Kind): Kind {
  const element = root.querySelector(selector)
  if (element instanceof kind) return element
  throw new Error(`the page has no ${kind.name} ${selector}`)
}

/** Tells whether a key or click comes without Ctrl, Alt, Shift and Meta, with which a browser has uses of its own for it. */
export function isPlain({ altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent | MouseEvent): boolean {
  return !altKey && !ctrlKey && !metaKey && !shiftKey
}

/** A button that does something. */
export function button(label: string, onClick: () => void): HTMLButtonElement {
  const element = document.createElement('button')
  element.type = 'button'
  element.className = 'quiet'
  element.textContent = label
  element.addEventListener('click', onClick)
  return element
}

/** Converts a text to nodes: text between backticks becomes code. */
export function textNodes(text: string): Node[] {
  return codeParts(text).map((part) => {
    const node = document.createTextNode(part.text)
    if (!part.isCode) return node
    const code = document.createElement('code')
    code.append(node)
    return code
  })
}
