import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Feeds } from '../channels/index.ts'
import { openStreams } from '../streams/index.ts'
import { CalculatorConsumer } from './consumer.ts'
import { migrations } from './migrations/index.ts'
import { calculatorRoutes } from './routes.ts'
import { openPool, type PoolOptions } from './sandbox/pool.ts'
import { Calculations, sheets } from './sheet/calculate.ts'
import type { Line } from './sheet/lines.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly calculator: Calculator
  }
}

export interface Calculator {
  /** What is added to sheets, for those who follow them in this process. */
  readonly feeds: Feeds<Line>
  /** The only way to add a line. */
  readonly calculations: Calculations
}

export interface CalculatorOptions {
  /** When evaluator processes are started; `at-once` by default. Tests that calculate nothing do without them. */
  readonly startEvaluators?: PoolOptions['start'] | undefined
}

/** The live calculator: one's own sheet, and a room's that everyone in it sees. */
export const calculator = fp(async (app: FastifyInstance, { startEvaluators }: CalculatorOptions) => {
  const { database, log } = app
  await app.migrate('calculator', migrations)
  const pool = openPool({ log, start: startEvaluators })
  const { feeds, writer } = openStreams(app, sheets)
  app.decorate('calculator', { feeds, calculations: new Calculations(database, pool, writer, app.usage) })
  app.addHook('onClose', () => pool.close())

  app.consumer('/ws/calculator', CalculatorConsumer)
  app.consumer('/ws/calculator/:room', CalculatorConsumer)
  await app.register(calculatorRoutes)
})
