/** Something that tells prices as they change, much more often than anybody could read them. */
export interface Market {
  /** The current prices, in cents. */
  prices(): ReadonlyMap<string, number>
  /** @returns what ends the subscription */
  subscribe(listener: (name: string, price: number) => void): () => void
}

/** The average prices, in cents. */
const GOODS = new Map(Object.entries({ Bananas: 129, Copper: 2_450, Paper: 415, Tea: 1_890, Wool: 760 }))

/** Milliseconds between two prices. */
const EVERY = 20

/** Makes prices up from the time of day alone, so that all processes make up the same ones. */
export function madeUpMarket(): Market {
  const names = [...GOODS.keys()]
  const priceOf = (name: string, now: number) => {
    const average = GOODS.get(name) ?? 0
    const wave = (seconds: number) => Math.sin((now / 1000 + average) / seconds)
    return Math.round(average * (1 + 0.08 * wave(31) + 0.03 * wave(2.3) + 0.01 * wave(0.7)))
  }
  return {
    prices: () => new Map(names.map((name) => [name, priceOf(name, Date.now())])),
    subscribe(listener) {
      let told = 0
      const tell = () => {
        const name = names[told % names.length] ?? ''
        told += 1
        listener(name, priceOf(name, Date.now()))
      }
      const timer = setInterval(tell, EVERY).unref()
      return () => clearInterval(timer)
    },
  }
}
