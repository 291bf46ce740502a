import { valueText } from '../../calculator/value-presentation.ts'

/** A value of a draft, which is shown in the column like the others. */
export function draftValue(text: string, locale: string, rounded = false): HTMLElement {
  const element = document.createElement('span')
  element.className = 'draft-value'
  element.dir = 'ltr'
  const value = valueText(text, locale)
  if (rounded) element.append(hidden(part('equals', '≈')), part('spoken', 'about '))
  if (!value?.rest) {
    element.append(part('whole', value?.whole ?? text))
    return element
  }
  // Its parts stand in columns, and a screen reader would pause at the decimal point.
  element.append(part('spoken', value.whole + value.rest))
  element.append(hidden(part('whole', value.whole)), hidden(part('rest', value.rest)))
  return element
}

function hidden(element: HTMLElement): HTMLElement {
  element.ariaHidden = 'true'
  return element
}

function part(className: string, text: string): HTMLElement {
  const span = document.createElement('span')
  span.className = className
  span.textContent = text
  return span
}
