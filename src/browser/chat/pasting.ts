import { insertTextIntoField } from 'text-field-edit'
import { isComposing } from '../live/composing.ts'

/** Characters of HTML that are looked at; what is longer arrives as its text. A message has a hundredth of them. */
const HTML = 400_000
/** Characters that are pasted at once: a page cannot show millions in one text. */
const TEXT = 100_000

/** One address, and nothing else. */
const ADDRESS = /^(?:https?:\/\/|mailto:)[^\s<>]+$/i

/**
 * Converts pasted pages and documents to Markdown; an address that is pasted over selected words makes them a link. With Shift,
 * and from sources that offer only text, the text arrives unchanged.
 * @param onCut called with how many characters were pasted, where there were more
 */
export function pasteAsMarkdown(text: HTMLTextAreaElement, onCut: (characters: number) => void): void {
  let isPlain = false
  text.addEventListener('keydown', (event) => {
    // Some browsers hand out the HTML with Shift, too.
    if (!isComposing(event)) isPlain = event.shiftKey && event.key.toLowerCase() === 'v'
  })
  text.addEventListener('paste', (event) => {
    const data = event.clipboardData
    if (!data || event.defaultPrevented || text.readOnly) return
    const plain = data.getData('text/plain').replace(/\r\n?/g, '\n')
    const selected = text.value.slice(text.selectionStart, text.selectionEnd)
    const insert = (pasted: string) => {
      insertTextIntoField(text, pasted.slice(0, TEXT))
      if (pasted.length > TEXT) onCut(TEXT)
    }
    if (!isPlain && selected !== '' && ADDRESS.test(plain.trim()) && isWords(selected)) {
      event.preventDefault()
      return insert(`[${selected}](${plain.trim()})`)
    }
    const html = isPlain || isSource(data) ? '' : data.getData('text/html')
    if (html === '' || html.length > HTML) {
      if (plain.length <= TEXT) return
      event.preventDefault()
      return insert(plain)
    }
    // The selection has to be settled now; the Markdown to insert arrives a moment later.
    event.preventDefault()
    void markdownOf(html).then((markdown) => insert(markdown ?? plain))
  })
}

/** Selected words that can be the text of a link. */
function isWords(selected: string): boolean {
  return !/[\n[\]]/.test(selected) && !ADDRESS.test(selected.trim())
}

/** Tells whether it was copied from an editor for programs, which colours text without formatting it. */
function isSource({ types }: DataTransfer): boolean {
  return types.includes('vscode-editor-data')
}

/** @returns undefined where there is no formatting in it, or it could not be read */
async function markdownOf(html: string): Promise<string | undefined> {
  try {
    const { markdownFrom } = await import('./html-to-markdown.ts')
    return markdownFrom(html)
  } catch {
    // The script could not be loaded, for want of a connection: the plain text is pasted.
    return undefined
  }
}
