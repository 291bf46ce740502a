/** Tells whether a text is one emoji of Unicode's list for general interchange, such as a flag or a family. */
export function isEmoji(text: string): boolean {
  return /^\p{RGI_Emoji}$/v.test(text)
}

/** One to five emoji with nothing between them but blanks. */
const ALONE = /^(?:\p{RGI_Emoji}[ \t]*){1,5}$/v
/** Characters of five emoji, each of which may be a family. */
const ALONE_LENGTH = 100
/** No emoji begins with one of those before it, except for digits in a frame. */
const FIRST_EMOJI = 0xa9

/** Tells whether a text is a handful of emoji and nothing else: these are shown large. */
export function isEmojiAlone(text: string): boolean {
  return text.charCodeAt(0) >= FIRST_EMOJI && text.length <= ALONE_LENGTH && ALONE.test(text)
}
