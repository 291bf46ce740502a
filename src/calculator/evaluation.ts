/** What evaluates expressions, as the rest of the calculator sees it. */
export interface Evaluator {
  /** Never throws: what goes wrong is a fault. */
  evaluate(request: EvaluationRequest): Promise<Evaluation | Fault>
}

export interface EvaluationRequest {
  readonly expression: string
  /** What the names that the expression may read stand for, `ans` among them; as an earlier evaluation gave them. */
  readonly bindings: Readonly<Record<string, string>>
  /** Whose it is: one slow expression a person at a time. */
  readonly person: string
  /** Aborted: the answer is no longer wanted. */
  readonly signal?: AbortSignal
}

export interface Evaluation {
  readonly text: string
  /** A number where the value is a real one in a double's range, else the same as `text`. */
  readonly result: number | string
  /** The value whole: what `ans` stands for in the next line. */
  readonly value: string
  /** The name that got a value, and what it stands for now. */
  readonly binding?: { readonly name: string; readonly stored: string }
  /** The names that were read, also by functions that were called. */
  readonly reads: readonly string[]
}

export interface Fault {
  readonly code: 'syntax' | 'evaluation' | 'timeout' | 'limit' | 'internal'
  /** What the person can do about it. */
  readonly error: string
  /** 0-based character, where one is to blame. */
  readonly position?: number
}

export function isFault(outcome: object): outcome is Fault {
  return 'code' in outcome
}
