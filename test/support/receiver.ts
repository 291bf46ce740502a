import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { eventually } from './eventually.ts'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** An outside system that accepts deliveries of hooks until the test ends. */
export interface Receiver {
  readonly host: string
  readonly address: string
  /** With which it answers from now on. */
  status: number
  /** Whether it answers nothing from now on. */
  holds: boolean
  readonly received: Received[]
  /** The delivery of this number, from 0, once it has come. */
  delivery(number: number): Promise<Received>
}

export async function startReceiver(t: Test): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request
      .setEncoding('utf8')
      .on('data', (text: string) => {
        body += text
      })
      .on('end', () => {
        received.push({ headers: request.headers, body })
        if (!receiver.holds) response.writeHead(receiver.status).end()
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const receiver: Receiver = {
    host,
    address: `http://${host}/hook`,
    status: 200,
    holds: false,
    received,
    async delivery(number) {
      await eventually(
        `delivery ${number}`,
        () => received.length > number,
        () => received.map(({ body }) => body).join('\n'),
      )
      return received[number] ?? { headers: {}, body: '' }
    },
  }
  return receiver
}
