/** A question for the Python oracle: an operation and its operands. */
export type Tree = readonly [string, ...(Tree | string | number)[]]

/** What an oracle says of a value. */
export type Answer = AnswerKind & {
  /** A number on the way has more bits than the calculator keeps exactly, so an exact result may be marked as rounded. */
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

/** Lines that a person could type, and the question that gives the expected answer. */
export interface Case {
  readonly kind: string
  /** Typed one after the other on an empty sheet. The last line is checked. */
  readonly lines: readonly string[]
  readonly question:
    | { oracle: 'python'; tree: Tree }
    | { oracle: 'qalc'; expression: string }
    | { oracle: 'units'; from: string; to: string }
  /** The text after the number, such as ` m / s` or `%`. */
  readonly suffix?: string
  /** Smaller cases, one of which may differ for the same reason. */
  readonly smaller?: () => readonly Case[]
}

/** A program that answers questions of one kind. */
export interface Oracle<Question> {
  ask(questions: readonly Question[]): Promise<Answer[]>
  close(): void
}
