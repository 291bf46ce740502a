import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { ConfigError, readConfig } from './config.ts'
import { StorageUnusable } from './storage/index.ts'

/** How long a stop may take in all, in milliseconds. */
const STOP_WITHIN = 9_500

/**
 * Connections that may wait until the server takes them, if the system allows so many; Node's 511 are soon there when all come
 * back after a restart. Beyond it a connection is tried again after a second, then two, then four, and so on.
 */
const BACKLOG = 4_096

try {
  const config = readConfig(process.env)
  const app = await buildApp(config)
  const onTimeout = () => app.log.error('the stop took too long; what is not closed yet is left as it is')
  closeWithGrace({ delay: STOP_WITHIN, logger: false, onTimeout }, async ({ err, signal }) => {
    if (err) app.log.fatal({ err }, 'stopping after an error')
    else app.log.info({ signal }, 'stopping')
    try {
      await app.close()
    } catch (error) {
      app.log.error({ err: error }, 'the stop failed')
      throw error
    }
  })
  const address = await app.listen({
    host: config.host,
    port: config.port,
    backlog: BACKLOG,
    listenTextResolver: () => 'listening',
  })
  console.log(`Partyline is at ${address}`)
} catch (error) {
  console.error(explain(error))
  process.exit(1)
}

/** What a person who starts the server can act on is one line; the rest is a fault of ours, and whole. */
function explain(error: unknown): unknown {
  if (error instanceof ConfigError || error instanceof StorageUnusable) return error.message
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return error
  if (error.code === 'EADDRINUSE') {
    return `${error.message}: something else listens there. Stop it, or set another PORT.`
  }
  if (error.code === 'EACCES' && error.syscall === 'listen') {
    return `PORT=${process.env.PORT} does not do (EACCES): it takes a port that this user may listen on, such as 3000.`
  }
  if (error.code === 'EADDRNOTAVAIL' || error.syscall === 'getaddrinfo') {
    return `HOST=${process.env.HOST} does not do (${error.code}): it takes a name or address of this machine.`
  }
  return error
}
