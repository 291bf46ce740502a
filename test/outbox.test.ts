import { setImmediate as nextTurn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Outbox, type TextStorage } from '../src/browser/client/index.ts'

/** Milliseconds for which a tab has a draft to itself. */
const PATIENCE = 10_000

/** The storage of a browser, shared by its tabs. */
class Shared implements TextStorage {
  readonly #texts = new Map<string, string>()
  get length(): number {
    return this.#texts.size
  }
  key(index: number): string | null {
    return [...this.#texts.keys()][index] ?? null
  }
  getItem(key: string): string | null {
    return this.#texts.get(key) ?? null
  }
  setItem(key: string, text: string): void {
    this.#texts.set(key, text)
  }
  removeItem(key: string): void {
    this.#texts.delete(key)
  }
}

function openTab(t: Test, storage: TextStorage, sent: string[]): Outbox {
  const outbox = new Outbox({
    user: 'ada',
    place: 'lobby',
    storage,
    send: ({ text }) => sent.push(text) > 0,
    onChange: () => {},
    onSilence: () => {},
  })
  t.teardown(() => outbox.close())
  return outbox
}

t.test(
  'a tab waits for a draft that another tab is sending, but not for a time that has passed',
  async (t) => {
    const warnings: string[] = []
    const note = ({ name }: Error) => void warnings.push(name)
    process.on('warning', note)
    t.teardown(() => process.off('warning', note))
    let now = Date.now()
    let step = 0
    t.intercept(Date, 'now', {
      value: () => {
        now += step
        return now
      },
    })
    const storage = new Shared()
    const sent: string[] = []
    openTab(t, storage, sent).add('from the other tab')
    const over = now + PATIENCE
    const tab = openTab(t, storage, sent)

    // Two milliseconds pass each time the clock is read, so at some start the other tab's time ends between two readings.
    step = 2
    for (let start = over - 60; sent.length < 2 && start < over; start += 1) {
      now = start
      tab.resend()
    }
    await nextTurn()

    t.same(warnings, [])
    t.same(
      sent,
      ['from the other tab', 'from the other tab'],
      'the draft is sent again when that time is over',
    )
  },
)
