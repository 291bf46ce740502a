import ipaddr from 'ipaddr.js'

/**
 * The network of an address, by which limits count. For an IPv6 address that is its first half, since whoever has one address
 * has all 2^64 of that network (RFC 4291, section 2.5.1); an IPv4 address is the same however it is written. Anything that is
 * not an address is returned unchanged.
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const found = ipaddr.process(address)
  if (!(found instanceof ipaddr.IPv6)) return found.toString()
  return `${found.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}

/** Returns the address that a request came from: `unknown` if its client had left before anybody asked. */
export function addressOf({ ip }: { readonly ip: string | undefined }): string {
  return ip ?? 'unknown'
}
