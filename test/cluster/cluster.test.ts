import t from 'tap'
import { besiege, type SiegeOptions, unfit } from './siege.ts'

/** For hours: `CLUSTER_SECONDS=7200 node test/cluster/cluster.test.ts`, without the limits that tap sets itself. */
const options: SiegeOptions = { database: 'postgres', seconds: 15 }

t.setTimeout((Number(process.env.CLUSTER_SECONDS ?? options.seconds) + 900) * 1_000)

t.test(
  'whatever is killed or upgraded, everyone has all acknowledged changes, once and in order',
  { skip: unfit(options) },
  async (t) => besiege(t, options),
)
