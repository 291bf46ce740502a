/** A difference that is meant: which cases it is about, why we answer otherwise, and who else does. */
interface Explained {
  readonly kind: RegExp
  /** What is typed, and what differs. */
  readonly typed: RegExp
  readonly difference: RegExp
  readonly reason: string
}

export const EXPLAINED: readonly Explained[] = []

export const explanationOf = (kind: string, typed: string, difference: string): string | undefined =>
  EXPLAINED.find((one) => one.kind.test(kind) && one.typed.test(typed) && one.difference.test(difference))
    ?.reason
