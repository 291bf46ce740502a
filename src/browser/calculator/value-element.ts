import { valueText } from '../../calculator/value-presentation.ts'

/** A value of a draft, which is shown in the column like the others. */
export function draftValue(text: string, locale: string, rounded = false): HTMLElement {
  const element = document.createElement('span')
  element.className = 'draft-value'
  element.dir = 'ltr'
  const value = valueText(text, locale)
  if (rounded) element.append(part('equals', '≈'))
  element.append(part('whole', value?.whole ?? text))
  if (value) element.append(part('rest', value.rest))
  return element
}

function part(className: string, text: string): HTMLElement {
  const span = document.createElement('span')
  span.className = className
  span.textContent = text
  return span
}
