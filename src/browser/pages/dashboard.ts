import renderChart from '#views/dashboard/chart.eta'
import renderProcesses from '#views/dashboard/processes.eta'
import { addSecond, CHARTS, chartView, readSeries, type Series } from '../../dashboard/chart-presentation.ts'
import { processesView } from '../../dashboard/presentation.ts'
import type { Sample, Values } from '../../dashboard/protocol.ts'
import { byId, find } from '../live/dom.ts'
import { documentOf, elementOf, patch } from '../live/html.ts'

const charts = byId('charts', HTMLElement)
const table = byId('processes', HTMLElement)
const status = byId('stream-state', HTMLElement)
const shown = charts.dataset.process || undefined
const kept = Number(charts.dataset.kept)

/** Milliseconds until samples that were refused are asked for again, as while the server has too much to do. */
const AGAIN_AFTER = 10_000

const series = new Map<string, readonly Series[]>()
readCharts()

let wasOpen = false
let events = open()
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) draw()
})

function open(): EventSource {
  const source = new EventSource('/dashboard/events')
  source.addEventListener('open', () => {
    say('live')
    byId('reload', HTMLElement).hidden = true
    // While there was no connection nothing was drawn: the server has the minutes that are missing.
    if (wasOpen) refresh().catch(() => say('incomplete: reload the page'))
    wasOpen = true
  })
  source.addEventListener('error', () => {
    if (source.readyState !== EventSource.CLOSED) return say('connection lost, trying again…')
    say('no live samples at the moment, trying again…')
    setTimeout(openAgain, AGAIN_AFTER)
  })
  source.addEventListener('message', ({ data }) => {
    const event: Sample | { readonly type: 'close'; readonly code: number } = JSON.parse(String(data))
    if ('all' in event) return add(event)
    if (event.code === 4001 || event.code === 4003)
      end('stopped: you are signed out, or no longer an administrator')
  })
  return source
}

/** Asks the page first, which tells whether one may still see it, and which is answered while the server is overloaded. */
async function openAgain(): Promise<void> {
  const answer = await fetch(location.href).catch(() => undefined)
  if (answer?.redirected || answer?.status === 404) return end('stopped: reload the page')
  if (answer?.ok) await show(answer)
  events = open()
}

function add(sample: Sample): void {
  const values: Values | undefined =
    shown === undefined ? sample.all : sample.processes.find(({ id }) => id === shown)
  if (!values) say('this process is gone')
  else
    for (const kind of CHARTS) series.set(kind.id, addSecond(kind, series.get(kind.id) ?? [], values, kept))
  if (document.hidden) return
  draw()
  patch(find(table, 'table', HTMLElement), elementOf(renderProcesses(processesView(sample, shown))))
}

function draw(): void {
  for (const kind of CHARTS) {
    const view = chartView(kind, series.get(kind.id) ?? [], kept)
    patch(byId(`chart-${kind.id}`, HTMLElement), elementOf(renderChart(view)))
  }
}

function readCharts(): void {
  for (const { id } of CHARTS)
    series.set(id, readSeries(byId(`chart-${id}`, HTMLElement).dataset.series ?? '[]'))
}

async function refresh(): Promise<void> {
  const answer = await fetch(location.href)
  if (!answer.ok) return say('this process is gone')
  await show(answer)
}

async function show(answer: Response): Promise<void> {
  patch(charts, find(documentOf(await answer.text()), '#charts', HTMLElement))
  readCharts()
}

function end(sentence: string): void {
  events.close()
  say(sentence)
  byId('reload', HTMLElement).hidden = false
}

/** MessageOrigin when it changes alone: a screen reader would read it each second. */
function say(text: string): void {
  if (status.textContent !== text) status.textContent = text
}
