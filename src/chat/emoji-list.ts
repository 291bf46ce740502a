import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import emoji from 'emojibase-data/en/compact.json' with { type: 'json' }
import messages from 'emojibase-data/en/messages.json' with { type: 'json' }
import common from 'emojibase-data/en/shortcodes/emojibase.json' with { type: 'json' }
import github from 'emojibase-data/en/shortcodes/github.json' with { type: 'json' }
import slack from 'emojibase-data/en/shortcodes/iamcal.json' with { type: 'json' }
import { isEmoji } from './emoji.ts'

/** Skin tones and hair, which are no emoji by themselves. */
const COMPONENT = 2

/** Makes the content of public/emoji.json: the emoji of the picker, by group, with the words by which each is found. */
export function emojiList(): string {
  const groups = messages.groups
    .filter(({ order }) => order !== COMPONENT)
    .map(({ message, order }) => ({
      name: message.charAt(0).toUpperCase() + message.slice(1),
      emoji: emoji
        .filter(({ group, unicode }) => group === order && isEmoji(qualified(unicode)))
        .sort((one, other) => (one.order ?? 0) - (other.order ?? 0))
        .map(({ unicode, label, tags = [] }) => ({
          emoji: qualified(unicode),
          label,
          words: [
            ...new Set(
              [label, ...tags]
                .join(' ')
                .toLowerCase()
                .split(/[\s:,]+/),
            ),
          ].join(' '),
        })),
    }))
  // An emoji a line, so that what a new version of Unicode brings can be seen.
  return `${JSON.stringify(groups).replaceAll('{"emoji":"', '\n{"emoji":"')}\n`
}

/**
 * Makes the content of emoji-shortcodes.json: each emoji by its short names. Where two sets give one name to different emoji, the
 * first is right.
 */
export function emojiShortcodes(): string {
  const unicodes = new Map(emoji.map(({ hexcode, unicode }) => [hexcode, qualified(unicode)]))
  const byName = new Map<string, string>()
  for (const names of [github, slack, common])
    for (const [hexcode, own] of Object.entries<string | string[]>(names)) {
      const unicode = unicodes.get(hexcode)
      if (unicode === undefined || !isEmoji(unicode)) continue
      for (const name of [own].flat()) if (!byName.has(name)) byName.set(name, unicode)
    }
  const sorted = [...byName].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`
}

/**
 * An emoji as Unicode lists it for interchange. emojibase puts the sign that asks for an emoji (U+FE0F) also behind those that
 * are one without being asked.
 */
function qualified(emoji: string): string {
  return isEmoji(emoji) ? emoji : emoji.replaceAll('\uFE0F', '')
}

// `npm run emoji`
if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '../../public/emoji.json'), emojiList())
  writeFileSync(join(import.meta.dirname, 'markdown/emoji-shortcodes.json'), emojiShortcodes())
}
