import t from 'tap'
import { SheetQueues } from '../../src/calculator/sheet/sheet-queues.ts'
import { gate } from '../support/notes.ts'

const busy = { message: 'Too many people change it at once. Wait a little, then send it again.' }
const later = () => performance.now() + 100_000

t.test(
  'lines that have to be alone with a sheet go one after the other, whatever becomes of them',
  async (t) => {
    const queues = new SheetQueues()
    const order: string[] = []
    const work = (name: string) => async () => {
      order.push(`${name} begins`)
      await null
      order.push(`${name} ends`)
      return name
    }
    const fails = async () => {
      throw new Error('it failed')
    }

    const failed = t.rejects(queues.alone(1, later(), fails), { message: 'it failed' })
    const results = Promise.all([queues.alone(1, later(), work('a')), queues.alone(1, later(), work('b'))])

    t.ok(queues.has(1))
    await failed
    t.strictSame(await results, ['a', 'b'])
    t.strictSame(order, ['a begins', 'a ends', 'b begins', 'b ends'])
    t.notOk(queues.has(1))
  },
)

t.test('500 lines wait for one sheet, 5,000 for all; one more is refused at once', async (t) => {
  const queues = new SheetQueues()
  const { opened, open } = gate()
  let done = 0
  const work = async () => {
    await opened
    done += 1
  }
  const fill = (sheet: number, lines: number) =>
    Array.from({ length: lines }, () => queues.alone(sheet, later(), work))
  const first = fill(1, 501)

  await t.rejects(queues.alone(1, later(), work), busy)

  const others = Array.from({ length: 9 }, (_, index) => fill(index + 2, 501)).flat()
  const alone = queues.alone(11, later(), work)
  await t.rejects(queues.alone(11, later(), work), busy)
  open()
  await Promise.all([...first, ...others, alone])
  t.equal(done, 5_011)
  await queues.alone(1, later(), work)
})

t.test('a line for which it is not its turn in time is refused', async (t) => {
  const queues = new SheetQueues()
  const { opened, open } = gate()
  const first = queues.alone(1, later(), () => opened)

  await t.rejects(
    queues.alone(1, performance.now() + 10, async () => t.fail('it was too late')),
    busy,
  )

  open()
  await first
})
