/** The fault in a text that should be a label, such as a name. */
export type LabelFault = 'several lines' | 'invisible' | 'accents'

/**
 * Invisible characters that do something where they stand: joiners in emoji, keycaps and the scripts that need them,
 * variation selectors behind emoji and Han, Mongolian's own.
 */
const PROPERLY_INVISIBLE = new RegExp(
  [
    String.raw`\p{RGI_Emoji}`,
    String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d(?=\p{Extended_Pictographic})`,
    String.raw`(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]`,
    String.raw`(?<=[\p{Script=Han}])[\ufe00-\ufe02\u{e0100}-\u{e01ef}]`,
    String.raw`(?<=\p{Script=Mongolian})[\u180b-\u180f]`,
    String.raw`(?<=[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Tibetan}\p{Script=Myanmar}\p{Script=Khmer}])[\u200c\u200d]`,
  ].join('|'),
  'gv',
)
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb\u2800]/u

/** More than four accents, or eight marks of a script's own, on one letter stand in the lines above and below it. */
const PILED_UP = /\p{Script=Inherited}{5}|\p{M}{9}/u

/**
 * Finds what would make a label unreadable, deceptive or taller than its line: line breaks and controls, characters that are
 * invisible or turn the direction of text (joiners are fine where emoji and scripts need them), and accents piled up on one
 * letter. An empty text has no fault.
 */
export function labelFault(text: string): LabelFault | undefined {
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) return 'several lines'
  if (INVISIBLE.test(text.replace(PROPERLY_INVISIBLE, ''))) return 'invisible'
  return PILED_UP.test(text.normalize('NFC')) ? 'accents' : undefined
}
