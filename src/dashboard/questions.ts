import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { Compile } from 'typebox/compile'
import type { ChannelEvent, ChannelLayer } from '../channels/index.ts'
import { Answer, Question } from './connection-protocol.ts'

/** The layer's group on which processes are asked. */
const GROUP = 'dashboard.questions'

/** Milliseconds that the answers of other processes may take. */
const PATIENCE = 1_500

/** Questions that wait for answers at a time. */
const PENDING = 100

const isQuestion = Compile(Question)
const isAnswer = Compile(Answer)

export interface Answers {
  /** One for each process that answered. */
  readonly answers: readonly Answer[]
  /** The names of processes that did not, in time. */
  readonly missing: readonly string[]
}

export interface QuestionsOptions {
  readonly layer: ChannelLayer
  readonly log: FastifyBaseLogger
  /** The name of this process among all. */
  readonly self: string
  readonly answer: (question: Question) => Answer
  /** Tells which processes there are, this one among them: their names among all, and those for people. */
  readonly processes: () => readonly { readonly id: string; readonly name: string }[]
}

interface Pending {
  readonly answers: Map<string, Answer>
  answered(): void
}

/** Asks all processes about their connections. */
export class Questions {
  readonly #options: QuestionsOptions
  readonly #channel: string
  readonly #pending = new Map<string, Pending>()

  constructor(options: QuestionsOptions) {
    this.#options = options
    const { layer, log } = options
    this.#channel = layer.newChannel((event) => this.#receive(event))
    layer
      .groupAdd(GROUP, this.#channel)
      .catch((error) => log.warn({ err: error }, 'the dashboard shows the connections of this process alone'))
  }

  /** Resolves when all have answered, or it has taken too long. @param only the process that is meant; undefined: all */
  async ask(question: Question, only?: string): Promise<Answers> {
    const { self, layer, answer, processes } = this.#options
    const asked = processes().filter(({ id }) => id !== self && (only === undefined || id === only))
    const own = only === undefined || only === self ? [answer(question)] : []
    if (asked.length === 0) return { answers: own, missing: [] }
    if (!layer.connected() || this.#pending.size >= PENDING)
      return { answers: own, missing: asked.map(({ name }) => name) }
    const id = randomUUID()
    const { promise, resolve } = Promise.withResolvers<void>()
    const answers = new Map<string, Answer>()
    const answered = () => {
      if (asked.every((process) => answers.has(process.id))) resolve()
    }
    this.#pending.set(id, { answers, answered })
    const late = setTimeout(resolve, PATIENCE)
    try {
      await layer.groupSend(GROUP, { type: 'dashboard.question', id, to: this.#channel, question })
      await promise
    } finally {
      clearTimeout(late)
      this.#pending.delete(id)
    }
    return {
      answers: [...own, ...answers.values()],
      missing: asked.filter((process) => !answers.has(process.id)).map(({ name }) => name),
    }
  }

  async close(): Promise<void> {
    await this.#options.layer.closeChannel(this.#channel)
  }

  #receive(event: ChannelEvent): boolean {
    if (event.type === 'dashboard.question') this.#reply(event)
    else if (event.type === 'dashboard.answer') this.#take(event)
    return true
  }

  /** Checked, since a process of another version may send anything. */
  #reply({ id, to, question }: ChannelEvent): void {
    if (to === this.#channel || typeof to !== 'string' || !isQuestion.Check(question)) return
    const { layer, log, self, answer } = this.#options
    layer
      .send(to, { type: 'dashboard.answer', id, process: self, answer: answer(question) })
      .catch((error) => log.warn({ err: error }, 'a question of the dashboard was not answered'))
  }

  #take({ id, process, answer }: ChannelEvent): void {
    const pending = this.#pending.get(String(id))
    if (!pending || typeof process !== 'string' || !isAnswer.Check(answer)) return
    pending.answers.set(process, answer)
    pending.answered()
  }
}
