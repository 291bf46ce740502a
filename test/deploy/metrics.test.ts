import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { calculate, openSheet } from '../support/calculator.ts'
import { enter, newRoom } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { promtool, withPromtool } from '../support/promtool.ts'
import { startReceiver } from '../support/receiver.ts'
import { startServer } from '../support/server.ts'
import type { Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

const DEPLOY = join(import.meta.dirname, '../../deploy')

/** Functions and operators of PromQL in the dashboard, which are not metrics. */
const WORDS = ['sum', 'rate', 'histogram_quantile', 'max', 'min']

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

t.test('metrics of a server in use', async (t) => {
  const receiver = await startReceiver(t)
  const server = await startServer(t, { RATE_LIMIT: '0', WEBHOOK_HOSTS: receiver.host })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const room = await newRoom(ada, 'Metrics')
  await ada.postJson(`/api/rooms/${room}/hooks`, {
    direction: 'out',
    url: receiver.address,
    events: ['message'],
  })
  const socket = await enter(ada, room)
  const listener = await enter(bob, room)
  socket.send({ message: 'hello @bob', id: 'a' })
  await socket.next('message')
  socket.send('no frame')
  await socket.next('error')
  const sheet = await openSheet(ada)
  await calculate(sheet, '12*7', 'b')
  await ada.get('/nowhere')
  await receiver.delivery(0)
  await eventually('the delivery, its job and the notification are counted', async () => {
    const samples = await samplesOf(ada)
    return (
      sampled(samples, 'partyline_hook_deliveries_total', { outcome: 'delivered' }) === 1 &&
      sampled(samples, 'partyline_jobs_ended_total', { kind: 'hook-delivery', outcome: 'done' }) !==
        undefined &&
      sampled(samples, 'partyline_notifications_added_total') === 1
    )
  })
  const { text } = await ada.get('/metrics')
  const samples = read(text)
  const declared = declaredIn(text)
  for (const one of [socket, listener, sheet]) one.close()

  t.test('promtool finds no fault in the metrics', withPromtool, async (t) => {
    t.same(promtool(['check', 'metrics'], text), { code: 0, said: '' })
    const lax = promtool(['check', 'metrics'], '# TYPE partyline_jobs_total gauge\npartyline_jobs_total 1\n')
    t.match(lax.said, /non-counter metrics should not have "_total" suffix/, 'promtool would find a fault')
  })

  t.test('requests are timed only by kind of route and status', async (t) => {
    const count = (route: string, status: string) =>
      sampled(samples, 'partyline_http_request_duration_seconds_count', { route, status }) ?? 0
    t.ok(count('page', '2xx') >= 1)
    t.equal(count('none', '4xx'), 1)
    t.equal(count('api', '2xx'), 1)
    t.ok(count('operation', '2xx') >= 1)
    const routes = samples.flatMap(({ name, labels }) =>
      name === 'partyline_http_request_duration_seconds_count' ? [labels.route] : [],
    )
    const known = ['api', 'asset', 'none', 'operation', 'page', 'socket']
    t.same(
      routes.filter((route) => !known.includes(route ?? '')),
      [],
    )
  })

  t.test('waiting for something to happen does not count as the duration of a request', async (t) => {
    const before = await requestsOf(ada, 'api')
    t.equal((await ada.get(`/api/rooms/${room}/events?since=0&wait=0`)).status, 200)
    t.equal((await ada.get(`/api/rooms/${room}/messages`)).status, 200)
    await eventually('the second is counted', async () => (await requestsOf(ada, 'api')) > before)
    t.equal(await requestsOf(ada, 'api'), before + 1)
  })

  t.test('the outcomes of jobs, evaluations and commits are counted', async (t) => {
    t.ok(
      (sampled(samples, 'partyline_jobs_ended_total', { kind: 'hook-delivery', outcome: 'done' }) ?? 0) >= 1,
    )
    // Prometheus sees an increase only if the counter existed before, and the alert needs the first failure too.
    t.equal(sampled(samples, 'partyline_jobs_ended_total', { kind: 'hook-delivery', outcome: 'failed' }), 0)
    t.ok((sampled(samples, 'partyline_job_duration_seconds_count', { kind: 'hook-delivery' }) ?? 0) >= 1)
    t.ok((sampled(samples, 'partyline_evaluation_duration_seconds_count', { outcome: 'done' }) ?? 0) >= 1)
    t.ok((sampled(samples, 'partyline_evaluators', { lane: 'quick' }) ?? 0) >= 1)
    t.ok((sampled(samples, 'partyline_database_commit_duration_seconds_count') ?? 0) >= 3)
    t.ok((sampled(samples, 'partyline_database_wait_seconds_count') ?? 0) >= 10)
    t.match(
      ['partyline_database_writable', 'partyline_channel_layer_connected', 'partyline_overloaded'].map(
        (name) => sampled(samples, name),
      ),
      [1, 1, 0],
    )
    t.ok((sampled(samples, 'partyline_data_disk_free_bytes') ?? 0) > 0)
  })

  t.test('every metric and label in the Grafana dashboard exists', async (t) => {
    const missing = (expression: string) => missingFrom(samples, declared, expression)
    const text = readFileSync(join(DEPLOY, 'grafana.json'), 'utf8')
    const expressions = [...text.matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(([, quoted]) =>
      String(JSON.parse(quoted ?? '""')),
    )
    t.ok(expressions.length >= 20)
    for (const expression of expressions) t.same(missing(expression), [], expression)
    const wrong = 'sum by (consumer) (rate(partyline_messages_total[5m]))'
    t.same(missing(wrong), ['partyline_messages_total', 'consumer'], 'a missing metric would be found')
    t.same(missing('sum by (room) (partyline_connections)'), ['room'], 'or a label')
  })

  t.test('every metric in the alerts exists', async (t) => {
    const text = readFileSync(join(DEPLOY, 'alerts.yml'), 'utf8')
    const names = new Set(text.match(/\b(partyline|process|nodejs)_\w+/g))
    t.ok(names.size >= 8)
    t.same(
      [...names].filter((name) => !declared.has(name)),
      [],
    )
  })
})

t.test('the alerts fire when they should, and only then', withPromtool, async (t) => {
  t.match(promtool(['check', 'rules', join(DEPLOY, 'alerts.yml')]), { code: 0 })
  const { code, said } = promtool(['test', 'rules', join(import.meta.dirname, 'alerts.test.yml')])
  t.equal(code, 0, said)
})

/** The metrics and labels in an expression that a server does not have. Labels are checked if there are samples. */
function missingFrom(
  samples: readonly Sample[],
  declared: ReadonlySet<string>,
  expression: string,
): string[] {
  const bare = expression.replace(/"[^"]*"/g, '').replace(/\[[^\]]*\]/g, '')
  const words = bare.replace(/\{[^}]*\}|\bby \([^)]*\)/g, '').match(/[a-zA-Z_]\w*/g) ?? []
  const names = words.filter((word) => !WORDS.includes(word))
  const labels = [...bare.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => (list ?? '').split(', '))
  const found = samples.filter(({ name }) => names.includes(name))
  const isThere = (label: string) =>
    // Prometheus adds the instance itself.
    label === 'instance' || found.some((sample) => label in sample.labels)
  const isEmpty = found.length === 0 && names.every((name) => declared.has(name))
  return [
    ...names.filter((name) => !declared.has(name)),
    ...labels.filter((label) => !isEmpty && !isThere(label)),
  ]
}

/** The names of a server's metrics, including those without samples yet. */
function declaredIn(text: string): Set<string> {
  const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  )
  return new Set(names)
}

async function requestsOf(person: Visitor, route: string): Promise<number> {
  const name = 'partyline_http_request_duration_seconds_count'
  return sampled(await samplesOf(person), name, { route, status: '2xx' }) ?? 0
}

async function samplesOf(person: Visitor): Promise<Sample[]> {
  return read((await person.get('/metrics')).text)
}

function sampled(
  samples: readonly Sample[],
  wanted: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  return samples.find(
    (sample) =>
      sample.name === wanted &&
      Object.entries(labels).every(([name, value]) => sample.labels[name] === value),
  )?.value
}

/** Reads Prometheus's text. No label of ours has a quote in its value. */
function read(text: string): Sample[] {
  return [...text.matchAll(/^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/gim)].map(
    ([, name = '', labels = '', value]) => ({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, word]) => [key, word]),
      ),
      value: Number(value),
    }),
  )
}
