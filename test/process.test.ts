import t from 'tap'
import { startProcess } from './support/process.ts'

t.test('a server says where it listens, and stops when it is told to', async (t) => {
  const server = await startProcess(t)
  t.equal((await fetch(`${server.address}/healthz`)).status, 200)
  t.match(await server.stop(), { code: 0, signal: null, stderr: '' })
})
