/**
 * Places are marked by tokens of stretches of three sizes, so that the newest messages can be looked through first: a GIN index knows
 * no order, and would find all that match before it gave the newest.
 */
const EXPONENTS = [16, 13, 10] as const

/** The places that one of the shortest stretches has. */
export const SHORTEST = 2 ** 10

/** The tokens of the stretches that a place is in. */
export function stretchesOf(place: number): string[] {
  return EXPONENTS.map((exponent) => tokenOf(exponent, Math.floor(place / 2 ** exponent)))
}

/**
 * The fewest stretches that all places between two are in: a few dozen for any number of places.
 * @param begin a multiple of `SHORTEST`
 */
export function stretchesBetween(begin: number, end: number): string[] {
  const tokens: string[] = []
  for (let place = begin; place < end; ) {
    const exponent =
      EXPONENTS.find((one) => place % 2 ** one === 0 && place + 2 ** one <= end) ?? EXPONENTS[2]
    tokens.push(tokenOf(exponent, place / 2 ** exponent))
    place += 2 ** exponent
  }
  return tokens
}

function tokenOf(exponent: number, number: number): string {
  return `<${exponent}:${number}`
}
