import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ChannelMetrics, Tally } from './metrics.ts'

/**
 * Keeps the metrics of the core in a registry of Prometheus's client.
 * @param prefix what their names begin with
 * @param isConnected tells whether events reach the other processes now
 */
export function prometheusMetrics(
  registry: Registry,
  prefix: string,
  isConnected: () => boolean,
): ChannelMetrics {
  const registers = [registry]
  const consumer = ['consumer'] as const
  const tallied = (name: string, help: string) => {
    const tallies = new Map<string, Tally>()
    new Counter({
      name,
      help,
      labelNames: consumer,
      registers,
      collect() {
        for (const [consumer, tally] of tallies) {
          this.inc({ consumer }, tally.count)
          tally.count = 0
        }
      },
    })
    return (consumer: string) => {
      const tally = tallies.get(consumer) ?? { count: 0 }
      tallies.set(consumer, tally)
      return tally
    }
  }
  const received = tallied(`${prefix}messages_received_total`, 'Frames received')
  const sent = tallied(`${prefix}messages_sent_total`, 'Frames sent')
  const duration = new Histogram({
    name: `${prefix}message_duration_seconds`,
    help: 'From the arrival of a frame until it has been handled',
    labelNames: consumer,
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  })
  new Gauge({
    name: `${prefix}channel_layer_connected`,
    help: '1 while events reach the other processes; always 1 for a process alone',
    registers,
    collect() {
      this.set(isConnected() ? 1 : 0)
    },
  })
  const gapsHealed: Tally = { count: 0 }
  new Counter({
    name: `${prefix}gaps_healed_total`,
    help: 'Times that changes were read from the database because the channel layer had not brought them',
    registers,
    collect() {
      this.inc(gapsHealed.count)
      gapsHealed.count = 0
    },
  })
  return {
    gapsHealed,
    connections: new Gauge({
      name: `${prefix}connections`,
      help: 'Open sockets',
      labelNames: consumer,
      registers,
    }),
    frames: (consumer) => ({
      received: received(consumer),
      sent: sent(consumer),
      duration: duration.labels({ consumer }),
    }),
    errors: new Counter({
      name: `${prefix}errors_total`,
      help: 'Frames answered with an error, and consumers that failed',
      labelNames: ['consumer', 'code'],
      registers,
    }),
    handshakesRefused: new Counter({
      name: `${prefix}handshakes_refused_total`,
      help: 'Upgrades that were refused before a socket was opened',
      labelNames: ['reason'],
      registers,
    }),
    evictions: new Counter({
      name: `${prefix}evictions_total`,
      help: 'Connections that the server ended because of what their peer did',
      labelNames: ['reason'],
      registers,
    }),
  }
}
