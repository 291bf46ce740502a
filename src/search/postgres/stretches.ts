/**
 * Each place has tokens for the stretches of places that it is in, of three sizes, so that the newest messages can be searched
 * first: a GIN index has no order, and would find all matches before it returned the newest.
 */
const EXPONENTS = [16, 13, 10] as const

/** The number of places in a shortest stretch. */
export const SHORTEST = 2 ** 10

/** The tokens of the stretches that a place is in. */
export function stretchesOf(place: number): string[] {
  return EXPONENTS.map((exponent) => tokenOf(exponent, Math.floor(place / 2 ** exponent)))
}

/**
 * The fewest stretches that cover the places from `begin` to `end`: a few dozen for any number of places.
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
