import type { StateInline } from 'markdown-it'
import { type FoundLink, findLinks } from '../links.ts'

/** The addresses in a piece of text, found once for each piece. */
const found = new WeakMap<StateInline, readonly FoundLink[]>()

function addressesIn(state: StateInline): readonly FoundLink[] {
  const known = found.get(state)
  if (known) return known
  const addresses = findLinks(state.src).map(withoutMarks)
  found.set(state, addresses)
  return addresses
}

/** Takes plain text up to the next character with which markup could begin, or up to an address. */
export function textRule(state: StateInline, silent: boolean): boolean {
  const next = nextAddress(state)?.index ?? state.posMax
  const end = Math.min(next, state.posMax)
  let { pos } = state
  while (pos < end && !isTerminator(state.src.charCodeAt(pos))) pos += 1
  if (pos === state.pos) return false
  if (!silent) state.pending += state.src.slice(state.pos, pos)
  state.pos = pos
  return true
}

/** A link that was typed as an address. */
export function addressRule(state: StateInline, silent: boolean): boolean {
  if (state.linkLevel > 0) return false
  const address = nextAddress(state)
  if (address?.index !== state.pos || address.lastIndex > state.posMax) return false
  if (!silent) {
    const open = state.push('link_open', 'a', 1)
    open.attrs = [['href', address.url]]
    open.info = 'auto'
    state.push('text', '', 0).content = address.text
    state.push('link_close', 'a', -1)
  }
  state.pos = address.lastIndex
  return true
}

function nextAddress(state: StateInline): FoundLink | undefined {
  return addressesIn(state).find(({ index }) => index >= state.pos)
}

/** Marks behind an address end what began before it: `**https://example.com/a**`. */
function withoutMarks(address: FoundLink): FoundLink {
  const { text, url, index } = address
  let { length } = text
  while (length > 0 && '*_~'.includes(text.charAt(length - 1))) length -= 1
  const surplus = text.length - length
  if (surplus === 0) return address
  return {
    text: text.slice(0, length),
    url: url.slice(0, url.length - surplus),
    index,
    lastIndex: index + length,
  }
}

/** The characters with which a rule of markdown-it or of ours begins. */
const TERMINATORS = new Set([...'\n!&*:<=[\\]_`{~'].map((character) => character.charCodeAt(0)))

function isTerminator(code: number): boolean {
  return code < 127 && TERMINATORS.has(code)
}
