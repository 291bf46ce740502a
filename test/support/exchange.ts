import { connect } from 'node:net'

/** Internals that must never be in an answer. */
export const INSIDE = /\bat .+:\d+:\d+|node_modules|\/src\/|sqlite|kysely|FST_|secret detail/i

/** Sends bytes unchanged, which fetch would correct, and reads to the end. */
export function exchange(address: string, request: string): Promise<string> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text
    })
    socket.on('error', reject).on('end', () => resolve(answer))
    // Node closes a connection whose client has ended its half before a page that queries the database is ready.
    if (/^connection: close/im.test(request)) socket.write(request)
    else socket.end(request)
  })
}
