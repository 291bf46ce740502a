import { LinkifyIt, REBuilder } from 'linkify-it'

/** Places of one message at which a link may be: what comes after them stays text. */
const PLACES = 100

/** Matches the signs of which every link has at least one. */
const PLACE = /:\/\/|@|mailto:|www\./gi

/**
 * A link may follow any character but a letter of the alphabets in which addresses are written, a digit and `_`; so it may
 * follow Chinese, Hebrew, an emoji and `=`. It ends before characters that turn the direction of text or show nothing:
 * behind them an address would be read as another.
 */
class LinkRules extends REBuilder {
  override get_schema_search(): RegExp {
    return new RegExp(
      `(^|[^A-Za-z0-9_\\u00aa-\\u024f\\u0370-\\u052f])(${this.get_schema_names().source})`,
      'ig',
    )
  }

  override get_text_separators(): RegExp {
    return /[><`|\uff5c\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/
  }
}

/** `https://user:password@host`: linkify-it would make a link to the host `user`. */
const WITH_USER = /\/\/[^\s/?#\\]{0,200}@/y

/** Characters in which a name and password are looked for. */
const LONGEST_USER = 200

/** Characters of an address without a schema. */
const LONGEST_BARE = 2_000

const links = new LinkifyIt({ rebuilder: new LinkRules() }).add('ftp:', null).add('//', null)
for (const schema of ['http:', 'https:']) links.add(schema, { validate: webAddress })

/** `www.example.com`, where nothing stands before it with which it would be a part of another address. */
links.add('www.', {
  validate: (text, position, self) => {
    if (/[\w.@/:-]/.test(text.charAt(position - 5))) return 0
    const rest = text.slice(position, position + LONGEST_BARE)
    return /^[^\s/?#]+\.\p{L}{2}/u.test(rest) ? Math.max(0, webAddress(`//www.${rest}`, 0, self) - 6) : 0
  },
  normalize: (match) => {
    match.url = `http://${match.url}`
  },
})

/** @returns how many characters after the schema belong to the link; 0: it is not a link */
function webAddress(text: string, position: number, { re }: LinkifyIt): number {
  WITH_USER.lastIndex = position
  if (WITH_USER.test(text)) return 0
  const address = re.get_http_validator()
  address.lastIndex = position
  const length = address.exec(text)?.[0].length ?? 0
  const end = position + length
  // A password with a slash in it.
  if (/^:\S*@/.test(text.slice(end, end + LONGEST_USER))) return 0
  return isStruckThrough(text, position, end) ? length - 1 : length
}

/** `~https://example.com~`: the second is no part of the address either. */
function isStruckThrough(text: string, position: number, end: number): boolean {
  return text[end - 1] === '~' && /~https?:$/i.test(text.slice(Math.max(0, position - 7), position))
}

/** A link in a text. */
export interface FoundLink {
  readonly url: string
  readonly text: string
  /** Its beginning and end in the text, in UTF-16 code units. */
  readonly index: number
  readonly lastIndex: number
}

/** Signs that turn the direction of text, in an address. */
const TURNING = /%E2%80%(?:8[EF]|A[A-E])|%E2%81%A[0-9A-F]|%D8%9C/i

/**
 * Returns the target of a link with a label: the host name, or the address of a mailbox.
 * @param url with what is not ASCII encoded
 * @returns undefined where it may be no link: it is no page of the web and no mailbox, or made to be taken for another one
 */
export function webAddressOf(url: string): string | undefined {
  if (!/^(?:https?:\/\/[^/\\]|mailto:)/i.test(url) || TURNING.test(url)) return undefined
  const { protocol, hostname, username, password, pathname } = URL.parse(url) ?? {}
  if (username || password) return undefined
  return (protocol === 'mailto:' ? /^[^@]+@[^@]+$/.exec(pathname ?? '')?.[0] : hostname) || undefined
}

/** The links in a text, in its order. */
export function findLinks(text: string): readonly FoundLink[] {
  return text.search(PLACE) === -1 ? [] : (links.match(linkable(text)) ?? [])
}

/**
 * Makes the patterns ready by which links are found. They name all letters and signs of Unicode: it takes about 100 ms, during
 * which nobody else is served, and would otherwise be done for the first message that holds a link.
 */
export function prepareLinks(): void {
  for (const text of ['https://a.example/ @', '//a.example/ b@', 'mailto:a@a.example', 'www.a.example'])
    findLinks(text)
}

/** A text up to the last white space before the place that is one too many: linkify-it has no bound of its own. */
function linkable(text: string): string {
  let places = 0
  for (const { index } of text.matchAll(PLACE)) {
    places += 1
    if (places > PLACES) return /^.*\s/s.exec(text.slice(0, index))?.[0] ?? ''
  }
  return text
}
