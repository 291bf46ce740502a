/**
 * Besides white space and controls: Unicode's default ignorable characters, such as U+200B, U+2060 and U+3164, the
 * annotation and hieroglyph controls, and those that have a shape without ink (Braille, music, hieroglyphs).
 */
const VISIBLE =
  /[^\s\p{Z}\p{Cc}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u{13430}-\u{1343f}\u2800\u{1d159}\u{13441}\u{13442}]/u

/** Tells whether there is anything to see in a text. */
export function hasVisible(text: string): boolean {
  return VISIBLE.test(text)
}
