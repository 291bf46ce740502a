import type { StateInline } from 'markdown-it'
import emoji from './emoji-shortcodes.json' with { type: 'json' }

const emojiByName = new Map(Object.entries(emoji))

/** One or more short names of emoji, such as `:tada:`, beside which no word and no other colon stands: not `std::cat::name`. */
const SHORTCODES = /(?<![\p{L}\p{N}_:/])(?::[a-z0-9_+-]{1,50}:)+(?![\p{L}\p{N}_:])/uy
const SHORTCODE = /:([a-z0-9_+-]{1,50}):/g

/** Emoji by their short names: `:tada:`. */
export function shortcodeRule(state: StateInline, silent: boolean): boolean {
  const { pos, src } = state
  if (src[pos] !== ':') return false
  SHORTCODES.lastIndex = pos
  const found = SHORTCODES.exec(src)?.[0]
  if (found === undefined || pos + found.length > state.posMax) return false
  const shown = withEmoji(found)
  if (shown === found) return false
  if (!silent) state.pending += shown
  state.pos += found.length
  return true
}

function withEmoji(text: string): string {
  return text.replace(SHORTCODE, (code, name: string) => emojiByName.get(name) ?? code)
}
