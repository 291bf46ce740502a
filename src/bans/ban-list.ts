import { BlockList } from 'node:net'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import type { Ban } from './bans.ts'
import { readNetwork } from './networks.ts'

/** Addresses of which it is remembered whether they are banned. */
const REMEMBERED = 10_000

/** The bans known to this process, in memory, so that requests need no query. */
export class BanList {
  readonly #known = new LRUCache<string, Verdict>({ max: REMEMBERED })
  #bans: readonly { readonly expiresAt: string; readonly list: BlockList }[] = []
  /** All bans together: an address that is in none of them costs one look-up. */
  #all = new BlockList()

  /** Takes these in place of those before. */
  replace(bans: readonly Ban[]): void {
    this.#all = new BlockList()
    this.#bans = bans.flatMap(({ expiresAt, network }) => {
      const read = readNetwork(network)
      if (typeof read === 'string') return []
      const list = new BlockList()
      for (const one of [list, this.#all]) one.addSubnet(read.address, read.bits, read.family)
      return [{ expiresAt, list }]
    })
    this.#known.clear()
  }

  get isEmpty(): boolean {
    return this.#bans.length === 0
  }

  /** Until when an address is banned, in ISO 8601; undefined: it is not. */
  bannedUntil(address: string): string | undefined {
    if (this.isEmpty) return undefined
    const known = this.#known.get(address) ?? this.#look(address)
    this.#known.set(address, known)
    return known.until !== undefined && known.until > new Date().toISOString() ? known.until : undefined
  }

  #look(address: string): Verdict {
    if (!ipaddr.isValid(address)) return {}
    const parsed = ipaddr.process(address)
    const [text, family] = [parsed.toString(), parsed.kind()]
    if (!this.#all.check(text, family)) return {}
    const ends = this.#bans.filter(({ list }) => list.check(text, family)).map(({ expiresAt }) => expiresAt)
    const until = ends.toSorted().at(-1)
    return until === undefined ? {} : { until }
  }
}

interface Verdict {
  readonly until?: string
}
