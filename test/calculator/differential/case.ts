/** What the Python oracle is asked: an operation and what it works on. */
export type Tree = readonly [string, ...(Tree | string | number)[]]

/** What an oracle says of a value. */
export type Answer = AnswerKind & {
  /** A number on the way has more bits than the calculator keeps exactly: what is exact is then not known to be. */
  readonly beyondExact?: true
}

type AnswerKind =
  | { exact: string }
  | { digits: string }
  | { complex: [Answer, Answer] }
  | { truth: boolean }
  | { text: string }
  | { list: Answer[] }
  /** There is no such value: the calculator has to refuse. */
  | { undefined: string }
  /** The oracle cannot tell. */
  | { skip: string }

/** Something a person could type, and the question that says what should come of it. */
export interface Case {
  readonly kind: string
  /** Typed one after the other on an empty sheet; the last one is judged. */
  readonly lines: readonly string[]
  readonly question:
    | { oracle: 'python'; tree: Tree }
    | { oracle: 'qalc'; expression: string }
    | { oracle: 'units'; from: string; to: string }
  /** What stands after the number: ` m / s`, `%`. */
  readonly suffix?: string
  /** Smaller cases, one of which may differ for the same reason. */
  readonly smaller?: () => readonly Case[]
}

/** Someone who answers questions of one kind. */
export interface Oracle<Question> {
  ask(questions: readonly Question[]): Promise<Answer[]>
  close(): void
}
