import { number, type Result } from './results.ts'

const WIDTH = 860
const LEFT = 290
const BAR = 20
const GAP = 6
const HEAD = 34

/** Scenarios that are drawn: those whose figure is deliveries. */
const DRAWN = ['busy', 'rooms', 'busy-shared', 'rooms-shared']

/** Bars for each peer of the scenarios with deliveries, readable on a light and on a dark page. */
export function chart(results: readonly Result[]): string {
  let y = 0
  const parts = DRAWN.flatMap((name) => {
    const drawn = results.filter(({ scenario }) => scenario.name === name)
    const [first] = drawn
    if (!first) return []
    const most = Math.max(...drawn.map(({ figure }) => figure))
    const title = `<text class="title" x="0" y="${y + 20}">${escaped(`${name}: ${first.scenario.work}`)}</text>`
    y += HEAD
    const bars = drawn.map((result) => {
      const bar = drawBar(result, y, most)
      y += BAR + GAP
      return bar
    })
    y += 12
    return [title, ...bars]
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="Deliveries a second of Partyline and others">
<style>
text { font: 14px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.bar { fill: #8c959f }
.ours { fill: #1a7f64 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .bar { fill: #6e7681 } .ours { fill: #3fb68b } }
</style>
${parts.join('\n')}
</svg>
`
}

function drawBar({ peer, figure, ratio, faults }: Result, y: number, most: number): string {
  const width = Math.max(1, ((WIDTH - LEFT - 210) * figure) / most)
  const times = ratio === undefined || peer.name === 'ws' ? '' : ` (${number(ratio)}×)`
  const middle = y + BAR / 2 + 5
  return [
    `<text x="${LEFT - 8}" y="${middle}" text-anchor="end">${escaped(peer.title.replaceAll('`', ''))}</text>`,
    `<rect class="bar${peer.name.startsWith('partyline') ? ' ours' : ''}" x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="3"/>`,
    `<text x="${(LEFT + width + 8).toFixed(1)}" y="${middle}">${escaped(`${number(figure)} a second${times}${faults ? ' †' : ''}`)}</text>`,
  ].join('')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
