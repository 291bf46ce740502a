import { type Finding, ok, skipped, wrong } from './finding.ts'

/** Milliseconds by which clocks may differ: sessions and tokens go by them. */
const TOLERATED = 5_000

/** When this was written: a clock that shows less is wrong. */
const EARLIEST = Date.UTC(2026, 0, 1)

/** @param others by how many milliseconds other clocks are ahead of this one */
export function checkClock(others: Readonly<Record<string, number | undefined>>, now = Date.now()): Finding {
  const here = new Date(now).toISOString()
  if (now < EARLIEST)
    return wrong(`the clock of this machine shows ${here}`, 'Set it, and keep it right with NTP.')
  const known = Object.entries(others).flatMap(([name, ahead]) =>
    ahead === undefined ? [] : [[name, ahead] as const],
  )
  const off = known.filter(([, ahead]) => Math.abs(ahead) > TOLERATED)
  if (off.length > 0) {
    const said = off.map(
      ([name, ahead]) =>
        `that of ${name} is ${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead' : 'behind'}`,
    )
    return wrong(
      `it is ${here} here, and ${said.join(', ')}`,
      'Keep the clocks of all machines right with NTP.',
    )
  }
  if (known.length === 0) return skipped(`it is ${here} here, and no other clock could be asked`)
  return ok(`it is ${here}, as for ${known.map(([name]) => name).join(', ')}`)
}
