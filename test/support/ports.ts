import { createServer } from 'node:net'

/**
 * A port of 127.0.0.1 on which nobody listens, below those that the system gives to whoever asks for any: while a server is
 * down, nobody else gets its port.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if (await free(port)) return port
  }
}

function free(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
