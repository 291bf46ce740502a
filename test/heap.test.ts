import { getHeapSpaceStatistics } from 'node:v8'
import t from 'tap'
import { boundYoungGeneration } from '../src/heap.ts'

const ENOUGH = 32 * 1024 * 1024

function youngGeneration(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0
}

t.test('a young generation that is large enough does not grow, however much survives in it', async (t) => {
  const kept: object[] = []
  const keep = (objects: number) => {
    for (let index = 0; index < objects; index += 1) kept.push({ index })
  }
  while (youngGeneration() < ENOUGH) keep(10_000)
  const before = youngGeneration()
  boundYoungGeneration()

  keep(4_000_000)
  t.equal(youngGeneration(), before)
})
