import { mock } from 'node:test'
import t from 'tap'
import { eventually } from '../../test/support/eventually.ts'
import { startServer } from '../../test/support/server.ts'
import { ticker } from './index.ts'
import { type Market, madeUpMarket } from './market.ts'

t.test(
  'prices are sent a few times a second however often they change, including the last one',
  async (t) => {
    let tell: ((name: string, price: number) => void) | undefined
    const market: Market = {
      prices: () => new Map([['Tea', 1]]),
      subscribe(listener) {
        tell = listener
        return () => {
          tell = undefined
        }
      },
    }
    const server = await startServer(t, {}, {}, (app) => ticker(app, { market }))
    t.match(await server.visitor().socket('/ws/ticker').closed(), { code: 4001 })
    const ada = await server.person('ada')
    t.match((await ada.get('/examples/ticker')).text, /data-price="Tea">0\.01</)
    t.equal(tell, undefined, 'nobody follows the market yet')

    const [hers, other] = [ada.socket('/ws/ticker'), ada.socket('/ws/ticker')]
    t.match(await hers.next('prices'), { prices: { Tea: 1 } })
    t.match(await other.next('prices'), { prices: { Tea: 1 } })
    const begin = performance.now()
    for (const last of [1000, 2000, 3000, 4000, 5000]) {
      for (let price = last - 999; price <= last; price += 1) tell?.('Tea', price)
      t.same(await hers.next(), { type: 'prices', prices: { Tea: last } })
      t.same(await other.next(), { type: 'prices', prices: { Tea: last } })
    }
    t.ok(performance.now() - begin > 4 * 240, 'a quarter of a second is between two frames')

    hers.close()
    tell?.('Tea', 7)
    t.same(await other.next(), { type: 'prices', prices: { Tea: 7 } })
    other.close()
    await eventually('nobody follows the market any more', async () => tell === undefined)
  },
)

t.test('generated prices change, and are the same in every process', async (t) => {
  mock.timers.enable({ apis: ['Date', 'setInterval'], now: 0 })
  t.teardown(() => mock.timers.reset())
  const before = madeUpMarket().prices()
  t.same(before, madeUpMarket().prices())
  const heard = new Map<string, number>()
  const end = madeUpMarket().subscribe((name, price) => heard.set(name, price))
  mock.timers.tick(1000)
  end()
  t.same([...heard.keys()].sort(), [...before.keys()])
  for (const [name, price] of before) t.not(heard.get(name), price, name)
})
