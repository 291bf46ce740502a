import t from 'tap'
import { ParseCache, type ReadByNames } from '../../src/calculator/language/parse-cache.ts'

const text = (number: number) => `${number}`.padStart(100, ' ')

interface Numbered extends ReadByNames {
  readonly number: number
}

const read = (number: number, ...asked: [string, boolean][]): Numbered => ({ number, asked: new Map(asked) })

t.test('the cache stays within its size, and drops the least recently used first', async (t) => {
  const cache = new ParseCache<Numbered>(1_000_000)
  cache.add('first', read(0))
  for (let number = 1; number <= 1_000; number += 1) {
    cache.add(text(number), read(number))
    cache.get('first', {})
    if (cache.bytes > 1_000_000) t.fail(`${cache.bytes} bytes are kept`)
  }

  t.equal(cache.get('first', {})?.number, 0)
  t.equal(cache.get(text(1_000), {})?.number, 1_000)
  t.equal(cache.get(text(1), {}), undefined)
  t.ok(cache.bytes > 900_000)
})

t.test('a text that is too large by itself is not cached, and evicts nothing', async (t) => {
  const cache = new ParseCache<Numbered>(1_000_000)
  cache.add('first', read(0))

  cache.add('x'.repeat(1_000), read(1))

  t.equal(cache.get('x'.repeat(1_000), {}), undefined)
  t.equal(cache.get('first', {})?.number, 0)
})

t.test('a text is parsed again for each set of names, and at most four results are kept', async (t) => {
  const cache = new ParseCache<Numbered>(1_000_000)
  cache.add('m', read(0, ['m', false]))
  const before = cache.bytes

  t.equal(cache.get('m', { m: '1' }), undefined)
  cache.add('m', read(1, ['m', true]))
  t.equal(cache.get('m', { m: '1' })?.number, 1)
  t.equal(cache.get('m', {})?.number, 0)
  for (let number = 0; number < 10; number += 1) cache.add('m', read(number, [`n${number}`, true]))
  t.equal(cache.bytes, 4 * before)
  t.equal(cache.get('m', { n9: '1' })?.number, 9)
  t.equal(cache.get('m', {}), undefined, 'the oldest result was dropped')
})
