import { Counter, type Registry } from 'prom-client'

/** The outcome of an attempt to deliver something to another system: `given-up` is one that failed for the last time. */
export type DeliveryOutcome = 'delivered' | 'failed' | 'given-up'

/** Adds what `/metrics` says of outgoing hooks. @returns counts one try */
export function hookMetrics(registry: Registry): (outcome: DeliveryOutcome) => void {
  const deliveries = new Counter({
    name: 'partyline_hook_deliveries_total',
    help: 'Deliveries of outgoing hooks: delivered, failed (and tried again), or given up after a day',
    labelNames: ['outcome'],
    registers: [registry],
  })
  for (const outcome of ['delivered', 'failed', 'given-up'] as const) deliveries.inc({ outcome }, 0)
  return (outcome) => deliveries.inc({ outcome })
}
