/** A process with one job, which prints when it begins and when it is done, or never ends with `JOB=hang`. */
import { Type } from 'typebox'
import { jobsApp } from './jobs.ts'

const { DATA_DIR: directory = '', DATABASE_URL: url, JOB } = process.env

await jobsApp(
  { directory, url },
  (app) => {
    app.jobs.handle('task', { payload: Type.Object({}) }, async (_payload, { attempts }) => {
      console.log(`begun for the ${attempts}. time`)
      if (JOB === 'hang') await new Promise((resolve) => setTimeout(resolve, 1_000_000))
      console.log('done')
    })
  },
  { look: 20, lease: 1_500, renewal: 100 },
)
console.log('Partyline is at work')
