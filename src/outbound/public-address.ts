import ipaddr from 'ipaddr.js'

/** Addresses of machines in clouds that answer questions from inside about it, beside those that are private or link-local. */
const METADATA = new Set(['168.63.129.16'])

/** IPv6 addresses that are routed in the internet begin with these three bits, `2000::/3`. */
const GLOBAL_UNICAST = 0b001

/**
 * Tells whether an IP address is one of the internet. Addresses of this machine, of a private network, of a link, and the forms of
 * IPv6 in which an address of IPv4 is hidden, are not.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.parse(text)
  if (METADATA.has(address.toString()) || address.range() !== 'unicast') return false
  if (!(address instanceof ipaddr.IPv6)) return true
  return (address.parts[0] ?? 0) >> 13 === GLOBAL_UNICAST && !hidesAddress(address.parts)
}

/** ISATAP (RFC 5214) writes an address of IPv4 behind `0:5efe` or `200:5efe`. */
function hidesAddress(parts: readonly number[]): boolean {
  return parts[5] === 0x5efe && (parts[4] === 0 || parts[4] === 0x200)
}
