import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import ipaddr from 'ipaddr.js'

/**
 * Reads `X-Forwarded-For` the way proxies write it, so that `request.ip` is an address and nothing else, for every log,
 * limit and list that is registered later. Some proxies add the port (Azure's gateway writes `192.0.2.1:5678` and
 * `[2001:db8::1]:5678`), and each port would count as another address.
 */
export const forwarded = fp(async (app: FastifyInstance) => {
  app.addHook('onRequest', async ({ raw: { headers } }) => {
    const given = headers['x-forwarded-for']
    if (given === undefined) return
    const addresses = forwardedAddresses(String(given))
    if (addresses.length > 0) headers['x-forwarded-for'] = addresses.join(', ')
    else delete headers['x-forwarded-for']
  })
})

/**
 * The addresses of an `X-Forwarded-For` header, without ports and zones, as far as they can be believed: each proxy adds
 * the last entry, so whatever stands before one that is no address is dropped with it. A client that sends nonsense then
 * counts as the proxy that passed it on.
 */
function forwardedAddresses(header: string): string[] {
  const addresses: string[] = []
  for (const entry of header.split(',').reverse()) {
    if (entry.trim() === '') continue
    const address = addressIn(entry.trim())
    if (address === undefined) break
    addresses.unshift(address)
  }
  return addresses
}

function addressIn(entry: string): string | undefined {
  const [, bracketed, withPort] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(entry) ?? []
  const address = (bracketed ?? withPort ?? entry).replace(/%.*$/, '')
  return ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address)
    ? ipaddr.process(address).toString()
    : undefined
}
