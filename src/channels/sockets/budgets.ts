import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent, ChannelLayer } from '../layers/layer.ts'
import { Budget, type BudgetSize, type Spending } from './budget.ts'
import type { Spender } from './spender.ts'

/** The layer's group in which processes tell each other who spent how much. */
const GROUP = 'budgets'

/** Milliseconds between two reports: what one process does not know yet of the others is not older than that. */
const INTERVAL = 200

/**
 * Budgets that all processes share, over the channel layer. While the layer is away, each process counts for itself, and what
 * was spent in the meantime is not shared afterwards.
 */
export class Budgets {
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  readonly #budgets = new Map<string, Budget>()
  readonly #channel: string
  readonly #timer: NodeJS.Timeout

  constructor(layer: ChannelLayer, log: FastifyBaseLogger) {
    this.#layer = layer
    this.#log = log
    this.#channel = layer.newChannel((event) => this.#deduct(event))
    this.#timer = setInterval(() => this.settle(performance.now()), INTERVAL).unref()
    layer
      .groupAdd(GROUP, this.#channel)
      .catch((error) => log.warn({ err: error }, 'limits are counted in this process alone'))
  }

  /** @param name the same in all processes, and different from other budgets */
  add(name: string, size: BudgetSize): Budget {
    if (this.#budgets.has(name)) throw new Error(`there is a budget ${name} already`)
    const budget = new Budget(size)
    this.#budgets.set(name, budget)
    return budget
  }

  /** Tells the other processes what was spent here since the last time. */
  settle(now: number): void {
    const spent: Record<string, Spending> = {}
    for (const [name, budget] of this.#budgets) {
      const spending = budget.settle(now)
      if (spending.length > 0) spent[name] = spending
    }
    if (Object.keys(spent).length === 0 || !this.#layer.connected()) return
    this.#layer
      .groupSend(GROUP, { type: 'budgets.spent', from: this.#channel, spent })
      .catch((error) =>
        this.#log.warn({ err: error }, 'other processes were not told how much of the limits was used'),
      )
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#layer.closeChannel(this.#channel)
  }

  #deduct({ from, spent }: ChannelEvent): boolean {
    if (from === this.#channel || typeof spent !== 'object' || spent === null) return true
    const now = performance.now()
    for (const [name, spending] of Object.entries(spent)) {
      const budget = this.#budgets.get(name)
      if (budget && Array.isArray(spending))
        for (const entry of spending) if (isSpending(entry)) budget.deduct(...entry, now)
    }
    return true
  }
}

/** Checked, since a process of another version may send anything. */
function isSpending(entry: unknown): entry is [Spender, number] {
  if (!Array.isArray(entry)) return false
  const [spender, amount]: unknown[] = entry
  return (
    (typeof spender === 'number' || typeof spender === 'string') && typeof amount === 'number' && amount > 0
  )
}
