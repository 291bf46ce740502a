import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { encodeJson, Feeds } from '../channels/index.ts'
import { CalculatorConsumer } from './consumer.ts'
import { calculatorRoutes } from './routes.ts'
import { openPool } from './sandbox/pool.ts'
import { Calculations } from './sheet/calculate.ts'
import { type Line, linesAfter, resultFrame } from './sheet/lines.ts'
import { sheetRevs } from './sheet/sheets.ts'

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

/** The live calculator: one's own sheet, and a room's that everyone in it sees. */
export const calculator = fp(async (app: FastifyInstance) => {
  const { channelLayer: layer, database, log } = app
  const pool = openPool({ log })
  const feeds = new Feeds<Line>({
    layer,
    log,
    source: {
      revs: (sheets) => sheetRevs(database, sheets),
      changes: (sheet, after, upTo, limit) => linesAfter(database, sheet, after, upTo, limit),
    },
    group: (sheet) => `sheet.${sheet}`,
    event: 'calculator.changed',
    encode: (line) => encodeJson(resultFrame(line)),
  })
  const publish = (sheet: number, lines: readonly Line[]) => {
    feeds
      .publish(sheet, lines)
      .catch((error) => log.warn({ err: error }, 'a line was not published; feeds will read it'))
  }
  const calculations = new Calculations(database, pool, publish, app.usage)
  app.decorate('calculator', { feeds, calculations })
  app.addHook('onClose', async () => {
    feeds.close()
    await pool.close()
  })

  app.consumer('/ws/calculator', CalculatorConsumer)
  app.consumer('/ws/calculator/:room', CalculatorConsumer)
  await app.register(calculatorRoutes)
})
