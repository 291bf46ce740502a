import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'
import { explain } from './explain.ts'
import { watchDescriptors } from './file-descriptors.ts'

/** Milliseconds that stopping may take in total. */
const STOP_WITHIN = 9_500

/**
 * Connections that may wait until the server takes them, if the system allows so many; Node's 511 are soon there when all come
 * back after a restart. Beyond it a connection is tried again after a second, then two, then four, and so on.
 */
const BACKLOG = 4_096

try {
  const config = readConfig(process.env)
  const app = await buildApp(config)
  const onTimeout = () => app.log.error('stopping took too long; whatever is still open is abandoned')
  closeWithGrace({ delay: STOP_WITHIN, logger: false, onTimeout }, async ({ err, signal }) => {
    if (err) app.log.fatal({ err }, 'stopping after an error')
    else app.log.info({ signal }, 'stopping')
    try {
      await app.close()
    } catch (error) {
      app.log.error({ err: error }, 'stopping failed')
      throw error
    }
  })
  // Before anybody can connect: its limit is read from a file, for which no descriptor may be left later.
  watchDescriptors(app.log)
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
