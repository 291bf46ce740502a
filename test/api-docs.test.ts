import specs from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' }
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import t from 'tap'
import { contractOf } from './support/api-contract.ts'
import { routesOf } from './support/routes.ts'
import { startServer } from './support/server.ts'

t.test('API documentation', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on' })
  const visitor = server.visitor()
  const read = async (path: string) => {
    const { headers, status, text } = await visitor.get(path)
    t.equal(status, 200, path)
    t.match(headers.get('content-type'), /^application\/json/)
    return JSON.parse(text)
  }
  const openApi = await read('/api/docs/openapi.json')
  const asyncApi = await read('/api/docs/asyncapi.json')

  t.test('the documents are valid OpenAPI 3.1 and AsyncAPI 3.0', async (t) => {
    const { valid, errors } = await new Validator().validate(structuredClone(openApi))
    t.ok(valid, 'OpenAPI', { errors })
    const check = new Ajv({
      meta: false,
      validateSchema: false,
      strict: false,
      validateFormats: false,
    }).compile(specs)
    check(asyncApi)
    t.same(check.errors, null, 'AsyncAPI')
  })

  t.test('the documents describe every route and socket for programs, and nothing else', async (t) => {
    const described = Object.entries(openApi.paths).flatMap(([path, methods]) =>
      Object.keys(Object(methods)).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const channels = Object.values(asyncApi.channels).map((channel) => `GET ${Object(channel).address}`)
    const all = [...described, ...channels]
    const served = routesOf(server.app).map((route) => route.replaceAll(/:(\w+)/g, '{$1}'))
    t.same(
      served.filter((route) => / \/(api|ws)\//.test(route) && !all.includes(route)),
      [],
    )
    t.same(
      all.filter((route) => !served.includes(route)),
      [],
      'and nothing else',
    )
    t.ok(channels.includes('GET /ws/polls/{room}/{poll}'))
  })

  t.test('the documents say which scopes a key needs, for routes and for frames', async (t) => {
    const { get, post } = openApi.paths['/api/rooms/{room}/messages']
    t.same(get.security, [{ session: [] }, { token: [] }, { key: ['read'] }])
    t.same(post.security, [{ session: [] }, { token: [] }, { key: ['write'] }])
    t.same(openApi.paths['/api/keys'].get.security, [{ session: [] }, { token: [] }])
    t.same(openApi.paths['/api/token'].post.security, [])
    t.same(asyncApi.operations['calculator.follow']['x-scopes'], ['read', 'sheets'])
    t.same(asyncApi.operations['calculator.set']['x-scopes'], ['sheets'])
  })

  t.test('every answer and frame in the tests is checked against the documents', async (t) => {
    const contract = contractOf(server.app)
    const headers = new Headers({ 'content-type': 'application/json; charset=utf-8' })
    const answer = (status: number, body: object, path = '/api/rooms') =>
      contract.answered('GET', path, { status, headers, text: JSON.stringify(body) })
    const typing = { type: 'typing', sender: 'ada', on: true }
    answer(200, { rooms: [] })
    answer(404, { error: 'There is nothing here.', code: 'not_found' }, '/api/nothing')
    contract.sent('/ws/chat/lobby?since=1', typing)
    for (const untrue of [
      () => answer(200, { rooms: [], more: false }),
      () => answer(201, { rooms: [] }),
      () => answer(404, { error: 'There is nothing here.' }),
      () => answer(200, {}, '/api/nothing'),
      () => contract.sent('/ws/chat/lobby', { ...typing, on: 1 }),
      () => contract.sent('/ws/chat/lobby', { ...typing, at: 'now' }),
      () => contract.sent('/ws/chat/lobby', { type: 'surprise' }),
      () => contract.sent('/ws/elsewhere', typing),
    ])
      t.throws(untrue)
  })

  t.test('the documents can be read as a page', async (t) => {
    const { headers, status, text } = await visitor.get('/api/docs')
    t.equal(status, 200)
    t.match(headers.get('content-type'), /^text\/html/)
    t.match(text, /POST<\/b> \/api\/rooms\/\{room\}\/messages/)
    t.match(text, /href="\/api\/docs\/openapi.json"/)
    t.match(text, /<code dir="ltr">\/ws\/chat\/\{room\}<\/code>/)
    t.notMatch(text, /<script(?! type="module" src="\/assets\/)/)
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    t.equal(new Set(ids).size, ids.length, 'ids are unique')
    const targets = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
    t.same(
      targets.filter((id) => !ids.includes(id)),
      [],
    )
  })
})

t.test('the documents leave out examples that are turned off', async (t) => {
  const { app } = await startServer(t)
  const addresses = Object.values(app.apiDocs.asyncApi().channels).map(({ address }) => address)
  t.same(addresses.toSorted(), [
    '/ws/calculator',
    '/ws/calculator/{room}',
    '/ws/chat/{room}',
    '/ws/notifications',
  ])
})
