import { once } from 'node:events'
import type { FastifyBaseLogger } from 'fastify'
import { FrameError } from '../../channels/index.ts'
import type { Person } from '../commands.ts'
import type { MessageValue } from '../protocol.ts'
import { type FoundExpression, findExpressions } from './find.ts'

/** The value of an expression on a room's sheet, or its error. */
export type ExpressionAnswer =
  | { readonly text: string; readonly rounded?: true }
  | { readonly error: { readonly code: string; readonly message: string; readonly position?: number } }

/**
 * Calculates expressions on the sheet of a room.
 * @returns an answer to each; undefined where they could not be calculated now
 */
export type Evaluate = (
  room: number,
  expressions: readonly string[],
  options: { readonly person: string; readonly isPreview?: boolean; readonly signal?: AbortSignal },
) => Promise<readonly ExpressionAnswer[] | undefined>

/** Expressions of one message. */
const EXPRESSIONS = 20
/** Characters of their values together. */
const VALUES_LENGTH = 8_192
/** Milliseconds that a message waits for its values. */
const PATIENCE = 2_000

/** Calculates the expressions in messages on the sheet of their room. */
export class MessageValues {
  readonly #evaluate: Evaluate
  readonly #log: Pick<FastifyBaseLogger, 'warn'>

  constructor(evaluate: Evaluate, log: Pick<FastifyBaseLogger, 'warn'>) {
    this.#evaluate = evaluate
    this.#log = log
  }

  /**
   * Calculates what a person is about to say. Where the calculator gives no answer in time there are no values: what was written
   * is said all the same.
   * @param known values that stay as they are
   * @throws FrameError when an expression is wrong, or there are too many
   */
  async of(
    room: number,
    by: Person,
    text: string,
    known: readonly MessageValue[] = [],
  ): Promise<MessageValue[]> {
    const found = findExpressions(text)
    if (found.length > EXPRESSIONS)
      throw new FrameError('limit', `a message can have at most ${EXPRESSIONS} expressions`)
    const values = new Map(known.map((value) => [value.expression, value]))
    const missing = found.filter(({ expression }) => !values.has(expression))
    const signal = AbortSignal.timeout(PATIENCE)
    const answers = (await this.#answers(room, by, missing, { signal })) ?? []
    for (const [place, answer] of answers) {
      if ('error' in answer) throw refusal(text, place, answer.error)
      values.set(place.expression, valueFrom(place.expression, answer))
    }
    const all = inOrder(found, values)
    if (lengthOf(all) > VALUES_LENGTH)
      throw new FrameError('evaluation', 'the values are too long for a message; calculate them on the sheet')
    return all
  }

  /**
   * Calculates what a person is writing.
   * @returns the values of those expressions that have one
   * @throws FrameError where the calculator gives no answer in time
   */
  async preview(room: number, by: Person, text: string, cancelled: AbortSignal): Promise<MessageValue[]> {
    const found = findExpressions(text).slice(0, EXPRESSIONS)
    const signal = AbortSignal.any([cancelled, AbortSignal.timeout(PATIENCE)])
    const values = new Map<string, MessageValue>()
    const answers = await this.#answers(room, by, found, { signal, isPreview: true })
    if (!answers) throw new FrameError('internal', 'this could not be calculated; try again')
    for (const [{ expression }, answer] of answers)
      if (!('error' in answer)) values.set(expression, valueFrom(expression, answer))
    const all = inOrder(found, values)
    return lengthOf(all) > VALUES_LENGTH ? [] : all
  }

  /** @returns undefined where the calculator gives no answer */
  async #answers(
    room: number,
    { id }: Person,
    places: readonly FoundExpression[],
    options: { readonly signal: AbortSignal; readonly isPreview?: boolean },
  ): Promise<(readonly [FoundExpression, ExpressionAnswer])[] | undefined> {
    const first = new Map(places.toReversed().map((place) => [place.expression, place]))
    const asked = [...first.values()].toReversed()
    if (asked.length === 0) return []
    try {
      const expressions = asked.map(({ expression }) => expression)
      const answers = await Promise.race([
        this.#evaluate(room, expressions, { person: String(id), ...options }),
        once(options.signal, 'abort').then(() => undefined),
      ])
      return answers?.flatMap((answer, index) => {
        const place = asked[index]
        return place ? [[place, answer] as const] : []
      })
    } catch (error) {
      this.#log.warn({ err: error, room }, 'the expressions of a message were not calculated')
      return undefined
    }
  }
}

function valueFrom(
  expression: string,
  { text, rounded }: Extract<ExpressionAnswer, { text: string }>,
): MessageValue {
  return { expression, text, ...(rounded && { rounded }) }
}

function inOrder(
  found: readonly FoundExpression[],
  values: ReadonlyMap<string, MessageValue>,
): MessageValue[] {
  return found.flatMap(({ expression }) => values.get(expression) ?? [])
}

function lengthOf(values: readonly MessageValue[]): number {
  return values.reduce((sum, { text }) => sum + text.length, 0)
}

/** @param place where in the text of the message the expression stands */
function refusal(
  text: string,
  place: FoundExpression,
  { code, message, position = 0 }: Extract<ExpressionAnswer, { error: object }>['error'],
): FrameError {
  const before = [...text.slice(0, place.position)].length
  return new FrameError(code === 'syntax' ? 'syntax' : 'evaluation', message, { position: before + position })
}
