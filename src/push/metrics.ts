import { Counter, type Registry } from 'prom-client'

/**
 * The outcome of a message to a push service: `gone` when its browser has unsubscribed, `refused` when the service or the rules
 * of this server do not allow it, `failed` when it is tried again.
 */
export type PushOutcome = 'sent' | 'gone' | 'refused' | 'failed'

/** Adds what `/metrics` says of Web Push. @returns counts one message */
export function pushMetrics(registry: Registry): (outcome: PushOutcome) => void {
  const messages = new Counter({
    name: 'partyline_push_messages_total',
    help: 'Messages to push services of browsers: sent, gone (unsubscribed), refused, or failed and tried again',
    labelNames: ['outcome'],
    registers: [registry],
  })
  for (const outcome of ['sent', 'gone', 'refused', 'failed'] as const) messages.inc({ outcome }, 0)
  return (outcome) => messages.inc({ outcome })
}
