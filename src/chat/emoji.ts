/** Tells whether a text is one emoji of Unicode's list for general interchange, such as a flag or a family. */
export function isEmoji(text: string): boolean {
  return /^\p{RGI_Emoji}$/v.test(text)
}
