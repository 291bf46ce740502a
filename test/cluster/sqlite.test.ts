import t from 'tap'
import { besiege, type SiegeOptions, unfit } from './siege.ts'

const options: SiegeOptions = { database: 'sqlite', seconds: 5 }

t.setTimeout((Number(process.env.CLUSTER_SECONDS ?? options.seconds) + 900) * 1_000)

t.test(
  'processes that share an SQLite database on one machine lose nothing when they are killed',
  { skip: unfit(options) },
  async (t) => besiege(t, options),
)
