import { setTimeout as delay } from 'node:timers/promises'
import { CloseCode } from './close-codes.ts'
import type { Connections } from './connections.ts'

/** How many sockets are closed at once, and how many milliseconds pass between two such waves, unless time is short. */
const WAVE = 1_000
const PAUSE = 1_000

/** Milliseconds within which a peer must answer its close frame before it is cut off. */
const PATIENCE = 1_000

/** Milliseconds that must be left when the last of many waves has been closed. */
const REST = 2_000

/**
 * Closes sockets in waves, serving each until its turn, then waits until the work in progress is done.
 *
 * @param within milliseconds for all of it; a consumer that is busy for longer is abandoned
 * @param cut cuts the remaining sockets, which did not answer
 * @returns whether every consumer has ended
 */
export async function closeInWaves(
  connections: Connections,
  within: number,
  cut: () => void,
): Promise<boolean> {
  const start = performance.now()
  const all = connections.all()
  const waves = Math.ceil(all.length / WAVE)
  const pause = Math.min(PAUSE, Math.max(0, within - REST) / waves)
  for (let wave = 0; wave < waves; wave += 1) {
    // By the clock: a busy process is late for each, and must not be later for the next.
    await delay(Math.max(0, start + wave * pause - performance.now()))
    for (const connection of all.slice(wave * WAVE, (wave + 1) * WAVE)) {
      connection.close(CloseCode.restarting, restartHint(all.length))
    }
  }
  await finishes(connections, PATIENCE)
  cut()
  return finishes(connections, start + within - performance.now())
}

/** Milliseconds until a client should reconnect, spread so that about a thousand a second do. */
export function restartHint(clients: number): string {
  return String(Math.round(500 + Math.random() * Math.max(500, clients)))
}

function finishes(connections: Connections, within: number): Promise<boolean> {
  return Promise.race([
    connections.finished().then(() => true),
    delay(Math.max(0, within), false, { ref: false }),
  ])
}
