/** The load generator: a process of its own that does the jobs which the bench sends it, one after the other. */
import { Crowd } from './crowd.ts'
import type { Answer, Job } from './job.ts'
import { askForPages } from './pages.ts'

let crowd: Crowd | undefined

process.on('message', (job: Job) => {
  perform(job).then(
    (answer) => process.send?.({ answer }),
    (error) => process.send?.({ error: String(error) }),
  )
})

async function perform(job: Job): Promise<Answer> {
  if (job.kind === 'page') return askForPages(job)
  if (job.kind === 'connect') {
    crowd?.end()
    crowd = new Crowd(job)
    return crowd.connect()
  }
  if (!crowd) throw new Error('nobody is connected to talk')
  return crowd.talk(job)
}
