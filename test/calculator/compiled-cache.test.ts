import t from 'tap'
import { CompiledCache } from '../../src/calculator/engine/compiled-cache.ts'

const text = (number: number) => `${number}`.padStart(100, ' ')

t.test('what is compiled stays within its bytes, and what was used last stays', async (t) => {
  const cache = new CompiledCache<number>(1_000_000)
  cache.add('first', 0)
  for (let number = 1; number <= 1_000; number += 1) {
    cache.add(text(number), number)
    cache.get('first')
    if (cache.bytes > 1_000_000) t.fail(`${cache.bytes} bytes are kept`)
  }

  t.equal(cache.get('first'), 0)
  t.equal(cache.get(text(1_000)), 1_000)
  t.equal(cache.get(text(1)), undefined)
  t.ok(cache.bytes > 900_000)
})

t.test('what would need too much by itself is not kept, and takes nobody’s place', async (t) => {
  const cache = new CompiledCache<number>(1_000_000)
  cache.add('first', 0)

  cache.add('x'.repeat(1_000), 1)

  t.equal(cache.get('x'.repeat(1_000)), undefined)
  t.equal(cache.get('first'), 0)
})
