import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { deactivate, reactivate } from '../../src/accounts/index.ts'
import { SHELL } from '../../src/audit/index.ts'
import { findLaunchers, killCommand, startCommand } from '../../src/confinement/index.ts'
import { PictureMaker } from '../../src/imaging/picture-maker.ts'
import { installedSharp, needsOf, pictureCommand } from '../../src/imaging/picture-processes.ts'
import { PROBE } from '../calculator/probe.ts'
import { calculate, openSheet } from '../support/calculator.ts'
import { enter, newRoom } from '../support/chat.ts'
import { loadPicture, photo, pictureAddresses, sendPicture } from '../support/pictures.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

t.test('profile pictures', async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  const ada = await server.person('ada')
  const row = () =>
    server.app.database.selectFrom('users').selectAll().where('name', '=', 'ada').executeTakeFirst()
  const version = async () => (await row())?.picture ?? ''
  const kept = async () => {
    await server.app.usage.save()
    const { id = 0 } = (await row()) ?? {}
    const usage = await server.app.database
      .selectFrom('usage')
      .select('bytes')
      .where('user_id', '=', id)
      .executeTakeFirst()
    return usage?.bytes ?? 0
  }

  t.test(
    'a picture is cropped to squares, turned upright and stripped of everything else in the file',
    async (t) => {
      const sent = await sendPicture(ada, await photo())
      t.match(sent, { status: 303 })
      t.equal(sent.headers.get('location'), '/account#picture-heading')
      for (const [size, width] of [
        ['small', 96],
        ['large', 256],
      ] as const) {
        const { status, headers, content } = await loadPicture(
          bob,
          `/people/ada/picture?v=${await version()}&size=${size}`,
        )
        t.equal(status, 200)
        t.match(Object.fromEntries(headers), {
          'content-type': 'image/webp',
          'cache-control': 'private, max-age=31536000, immutable',
          'x-content-type-options': 'nosniff',
          'content-security-policy': "default-src 'none'; sandbox",
        })
        t.match(await sharp(content).metadata(), { format: 'webp', width, height: width, exif: undefined })
        t.notOk(content.includes('Camera'))
        const { data } = await sharp(content).raw().toBuffer({ resolveWithObject: true })
        t.ok((data[0] ?? 0) > 150 && (data[2] ?? 0) < 80, 'and in its own colours')
      }
    },
  )

  t.test('a picture replaces the initial everywhere', async (t) => {
    const room = await enter(ada, 'lobby')
    const other = await bob.socket('/ws/chat/lobby').next('welcome')
    t.same(other.pictures, { ada: await version() }, 'in the list of who is here')
    room.send({ message: 'hello', id: 'with-picture' })
    t.match(await room.next('message'), { sender_picture: await version() }, 'with their messages')
    const address = `/people/ada/picture?v=${await version()}`
    for (const path of ['/people', '/rooms/lobby', '/rooms/lobby/settings'])
      t.ok(pictureAddresses(await bob.get(path)).includes(address), path)
    t.ok(pictureAddresses(await ada.get('/')).includes(address), 'and at the top of their own pages')
    const { messages } = JSON.parse((await bob.get('/api/rooms/lobby/messages')).text)
    t.equal(messages.at(-1).sender_picture, await version())
  })

  t.test('a picture stands beside the lines of a sheet that its person wrote last', async (t) => {
    const room = await newRoom(bob, 'Budget')
    await ada.get(`/rooms/${room}`)
    const [adas, bobs] = [await openSheet(ada, room), await openSheet(bob, room)]
    const picture = await version()
    const address = `/people/ada/picture?v=${picture}`
    const isBeside = async () =>
      pictureAddresses(await bob.get(`/rooms/${room}/calculator`)).includes(address)

    const { seq, rev } = await calculate(adas, '1 + 1', 'of-ada')
    t.match(await bobs.next('result'), { sender: 'ada', sender_picture: picture })
    t.ok(await isBeside())
    bobs.send({ type: 'set', seq, expression: '1 + 2', base: rev, id: 'of-bob' })
    const changed = await bobs.next('result')
    t.match(changed, { changed_by: 'bob', sender_picture: picture, changed_by_picture: undefined })
    t.notOk(await isBeside())
    adas.send({ type: 'set', seq, expression: '1 + 3', base: changed.rev, id: 'of-ada-again' })
    t.match(await bobs.next('result'), { changed_by: 'ada', changed_by_picture: picture })
    t.ok(await isBeside())
  })

  t.test('a picture is shown only to people who are signed in', async (t) => {
    const path = `/people/ada/picture?v=${await version()}`
    t.match(await loadPicture(server.visitor(), path), { status: 303 })
    t.match(await bob.get('/people/bob/picture'), { status: 404 }, 'a person who has none')
    t.match(await bob.get('/people/nobody/picture?v=1'), { status: 404 })
    t.match(await bob.get(`${path}&size=huge`), { status: 400 })
  })

  t.test('a changed picture has a new address, and the old one leads to it', async (t) => {
    const before = await version()
    const bytes = await kept()
    t.match(await sendPicture(ada, await photo({ colour: '#2030c0' })), { status: 303 })
    t.not(await version(), before)
    const { headers, content } = await loadPicture(bob, `/people/ada/picture?v=${before}`)
    t.equal(headers.get('cache-control'), 'private, no-cache')
    const { data } = await sharp(content).raw().toBuffer({ resolveWithObject: true })
    t.ok((data[2] ?? 0) > 150)
    t.ok(Math.abs((await kept()) - bytes) < 1000, 'only the new picture counts towards storage')
  })

  t.test('the picture of a deactivated account is hidden until it is reactivated', async (t) => {
    const { id = 0 } = (await row()) ?? {}
    const shown = await version()
    const address = `/people/ada/picture?v=${shown}`
    const change = async (change: typeof deactivate) => {
      const { person } = (await change(server.app.database, id, SHELL)) ?? {}
      if (person) server.app.changedPeople.announce(person)
    }
    await change(deactivate)
    t.match(await bob.get(address), { status: 404 })
    t.notOk(pictureAddresses(await bob.get('/rooms/lobby')).includes(address))
    await change(reactivate)
    t.equal(await version(), shown)
    t.match(await loadPicture(bob, address), { status: 200 })
    await ada.signIn('ada')
  })

  t.test('a removed picture no longer counts towards storage', async (t) => {
    const address = `/people/ada/picture?v=${await version()}`
    const before = await kept()
    t.match(await ada.post('/account/picture/remove', {}), { status: 303 })
    t.match(await bob.get(address), { status: 404 })
    t.same(pictureAddresses(await ada.get('/account')), [])
    t.ok((await kept()) < before)
    t.match(await ada.post('/account/picture/remove', {}), { status: 303 }, 'even if there is none')
  })

  t.test('a file that cannot be a picture is refused, with advice', async (t) => {
    const cases: [name: string, file: Uint8Array<ArrayBuffer> | undefined, status: number, words: RegExp][] =
      [
        ['nothing', undefined, 400, /Choose a picture first/],
        ['a text', Buffer.from('hello'), 415, /Choose a JPEG, PNG, WebP, GIF or AVIF/],
        ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 415, /Choose a JPEG/],
        ['a picture that is cut short', (await photo()).subarray(0, -20), 400, /may be damaged/],
        ['a bomb', await photo({ width: 10_000, height: 5_001 }), 413, /more than 50 million pixels/],
        ['a large file', new Uint8Array(8 * 1024 * 1024 + 1), 413, /larger than 8 MiB/],
      ]
    for (const [name, file, status, words] of cases) {
      const answer = await sendPicture(ada, file)
      t.equal(answer.status, status, name)
      t.match(answer.text, words, name)
      t.match(answer.text, /aria-invalid="true"/, name)
    }
    t.match(await sendPicture(ada, await photo(), { _csrf: 'wrong' }), { status: 403 })
    t.match(await ada.post('/account/picture', { picture: 'me.jpg' }), { status: 400 }, 'without its file')
    t.equal(await version(), '')
  })

  t.test('only one picture is made at a time for each person', async (t) => {
    const file = await photo()
    const token = await ada.token('/account')
    const answers = await Promise.all([1, 2].map(() => sendPicture(ada, file, { _csrf: token })))
    t.same(answers.map(({ status }) => status).sort(), [303, 429])
  })

  t.test('a picture is refused when the person has no storage left', async (t) => {
    const small = await startServer(t, { DISK_PER_USER: '100' })
    const answer = await sendPicture(await small.person('ada'), await photo())
    t.match(answer, { status: 413, text: /have used all/ })
  })

  t.test('the form is hidden if this server cannot process pictures', async (t) => {
    const without = await startServer(t)
    const visitor = await without.person('ada')
    t.match(await visitor.get('/account'), { text: /type="file"/ })
    without.app.pictureMaker.close()
    const { text } = await visitor.get('/account')
    t.notMatch(text, /type="file"/)
    t.match(text, /This server cannot process pictures/)
    t.match(await sendPicture(visitor, await photo()), { status: 503, text: /cannot process pictures/ })
  })
})

t.test('the process that makes a picture', async (t) => {
  const installed = installedSharp()
  if (!installed) throw new Error('sharp is not installed: run npm ci')
  const log = { info: () => {}, warn: () => {} }

  t.test('the process that makes a picture can reach nothing but the picture', async (t) => {
    const folder = temporaryFolder(t)
    chmodSync(folder, 0o755)
    const script = join(folder, 'probe.cjs')
    writeFileSync(script, PROBE)
    const server = await startServer(t)
    const { port } = new URL(server.address)
    for (const launcher of await findLaunchers(needsOf(installed))) {
      const child = startCommand(pictureCommand(launcher, installed, 'squares', script), folder, 'pipe')
      t.teardown(() => killCommand(child))
      const message = async (): Promise<unknown> => {
        const heard = new AbortController()
        const events = ['message', 'exit'].map((name) => once(child, name, { signal: heard.signal }))
        const [answer] = await Promise.race(events)
        heard.abort()
        return answer
      }
      if ((await message()) !== 'ready') continue
      for (const [door, with_] of [
        ['passwd'],
        ['list'],
        ['create', join(folder, 'created')],
        ['connect', port],
        ['fetch', port],
        ['dns'],
        ['spawn'],
        ['worker'],
        ['eval'],
        ['environment'],
      ]) {
        child.send([[0, door, { with: with_ }]])
        const answer = await message()
        t.not(Array.isArray(answer) && answer[0][1], 'open', `${launcher.name}: ${door}`)
      }
      killCommand(child)
    }
  })

  t.test('the process that makes a picture is stopped when it takes too long', async (t) => {
    const maker = new PictureMaker(log, 1)
    t.equal(await maker.squares(await photo()), 'slow')
    t.ok(maker.available, 'pictures can still be made')
  })
})
