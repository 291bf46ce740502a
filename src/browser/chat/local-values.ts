import { valueText } from '../../calculator/value-presentation.ts'
import { find } from '../live/dom.ts'
import { locale } from '../live/locale.ts'

/** Writes a value as the sheet does for the reader: a number with the groups and the decimal point of their language. */
export function localValue(text: string): string {
  const value = valueText(text, locale)
  return value ? value.whole + value.rest : text
}

/** Writes the values in messages, which the server gave as the calculator writes them, as the reader's own. */
export function localizeValues(root: ParentNode): void {
  for (const value of root.querySelectorAll<HTMLElement>('.message-value')) {
    const shown = find(value, 'b', HTMLElement)
    const text = value.dataset.text ?? ''
    shown.textContent = shown.textContent.replace(text, () => localValue(text))
  }
}
