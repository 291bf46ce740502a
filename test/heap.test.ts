import { getHeapSpaceStatistics } from 'node:v8'
import t from 'tap'
import { boundYoungGeneration } from '../src/heap.ts'

/** Bytes of one half of the young generation that must be available. */
const ENOUGH = 15 * 1024 * 1024

function capacity(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  return space ? space.space_used_size + space.space_available_size : 0
}

/** Makes objects that each survive a few collections and then become garbage. */
function churn(objects: number): void {
  let alive: object[] = []
  for (let index = 0; index < objects; index += 1) {
    alive.push({ index, text: `${index}` })
    if (alive.length > 40_000) alive = alive.slice(20_000)
  }
}

t.test('a young generation that is large enough does not grow, however much survives in it', async (t) => {
  while (capacity() < ENOUGH) churn(50_000)
  boundYoungGeneration()
  const before = capacity()

  churn(6_000_000)
  t.ok(capacity() < before * 1.25, `${capacity()} bytes, after ${before}`)
})
