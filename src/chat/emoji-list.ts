import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import emoji from 'emojibase-data/en/compact.json' with { type: 'json' }
import messages from 'emojibase-data/en/messages.json' with { type: 'json' }
import { isEmoji } from './emoji.ts'

/** Skin tones and hair, which are no emoji by themselves. */
const COMPONENT = 2

/** What public/emoji.json holds: the emoji that the picker shows, by group, with what each is found by. */
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
 * An emoji as Unicode lists it for interchange. emojibase puts the sign that asks for an emoji (U+FE0F) also behind those that
 * are one without being asked.
 */
function qualified(emoji: string): string {
  return isEmoji(emoji) ? emoji : emoji.replaceAll('\uFE0F', '')
}

// `npm run emoji`
if (import.meta.main) writeFileSync(join(import.meta.dirname, '../../public/emoji.json'), emojiList())
