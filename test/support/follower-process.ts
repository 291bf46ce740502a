/** A server that is killed while its follower applies changes for the third time, before they are committed. */
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { follower } from './follower.ts'

let applied = 0
const dying = follower({
  applied() {
    applied += 1
    if (applied === 3) process.kill(process.pid, 'SIGKILL')
  },
})
const app = await buildApp(
  readConfig(process.env),
  { startEvaluators: 'when-needed', jobs: { look: 20 } },
  dying,
)
await app.listen({ host: '127.0.0.1', port: 0 })
