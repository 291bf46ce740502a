import ipaddr from 'ipaddr.js'

/** Bits that a network has at least: one ban does not shut out a good part of the world. */
const WIDEST = { ipv4: 8, ipv6: 16 } as const

/**
 * The prefix lengths that count as one address. An IPv6 address stands for its whole /64, which one subscriber usually holds, as
 * in the rate limits.
 */
const OF_ONE_ADDRESS = { ipv4: 32, ipv6: 64 } as const

/** A network in CIDR notation, without bits beyond its prefix. */
export interface Network {
  readonly address: string
  readonly bits: number
  readonly family: 'ipv4' | 'ipv6'
}

/**
 * Parses an address or a network as a person typed it.
 * @returns it, or what is wrong with it, as a sentence
 */
export function readNetwork(typed: string): Network | string {
  const [address = '', bits, ...rest] = typed.trim().slice(0, 100).split('/')
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address)
  if (
    !isAddress ||
    address.includes('%') ||
    rest.length > 0 ||
    (bits !== undefined && !/^\d{1,3}$/.test(bits))
  )
    return 'Enter an address, such as 203.0.113.7 or 2001:db8::1, or a network, such as 203.0.113.0/24.'
  const given = ipaddr.parse(address)
  const parsed = ipaddr.process(address)
  const family = parsed.kind()
  // An IPv4 address that is written as IPv6 counts its bits from the beginning of that.
  const offset = given.kind() === family ? 0 : 96
  const longest = family === 'ipv4' ? 32 : 128
  const prefix = bits === undefined ? OF_ONE_ADDRESS[family] : Number(bits) - offset
  if (prefix > longest || prefix < 0) return `The number after the slash must be at most ${longest + offset}.`
  if (prefix < WIDEST[family])
    return `That network is too large. The number after the slash must be at least ${WIDEST[family]}.`
  const class_ = family === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6
  return {
    address: class_.networkAddressFromCIDR(`${parsed.toString()}/${prefix}`).toString(),
    bits: prefix,
    family,
  }
}

/** A network in CIDR notation, in which it is stored. */
export function networkText({ address, bits }: Network): string {
  return `${address}/${bits}`
}

/** A network for people to read: an IPv4 address by itself has no length after it. @param network in CIDR notation */
export function shownNetwork(network: string): string {
  return network.includes(':') ? network : network.replace(/\/32$/, '')
}
