/** A product of powers of named units, each with its prefix: `km / h`. It is never changed. */
export interface Unit {
  readonly kind: 'unit'
}
