/** The lines that result from pasting a text: the text before the caret begins the first, and the text after it ends the last. */
export function pastedLines(text: string, input: HTMLInputElement): string[] {
  const { value, selectionStart, selectionEnd } = input
  const whole =
    value.slice(0, selectionStart ?? value.length) +
    text.replace(/\s+$/, '') +
    value.slice(selectionEnd ?? value.length)
  return whole.split(/\r\n|[\r\n\u2028\u2029]/).map((line) => line.replaceAll('\0', '').replaceAll('\t', ' '))
}
