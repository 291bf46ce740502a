import t from 'tap'
import { Mutex, type Refusal } from '../../src/storage/mutex.ts'

const refuse = (reason: Refusal) => new Error(reason)
const soon = () => performance.now() + 20
const never = () => performance.now() + 100_000

t.test('callers get the mutex one after the other', async (t) => {
  const mutex = new Mutex(10)
  const order: number[] = []
  const all = [1, 2, 3].map(async (number) => {
    await mutex.acquire(never(), refuse)
    order.push(number)
    t.notOk(mutex.isFree)
    await null
    mutex.release()
  })

  await Promise.all(all)

  t.strictSame(order, [1, 2, 3])
  t.ok(mutex.isFree)
})

t.test('one caller too many is refused at once, and the others get their turn', async (t) => {
  const mutex = new Mutex(2)
  await mutex.acquire(never(), refuse)
  const waiting = [mutex.acquire(never(), refuse), mutex.acquire(never(), refuse)]

  await t.rejects(mutex.acquire(never(), refuse), { message: 'full' })

  mutex.release()
  await waiting[0]
  const next = mutex.acquire(never(), refuse)
  mutex.release()
  await waiting[1]
  mutex.release()
  await next
})

t.test('a caller whose turn does not come in time is refused, and makes room for another', async (t) => {
  const mutex = new Mutex(1)
  await mutex.acquire(never(), refuse)

  await t.rejects(mutex.acquire(soon(), refuse), { message: 'late' })

  const next = mutex.acquire(never(), refuse)
  mutex.release()
  await next
})
