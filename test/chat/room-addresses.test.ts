import t from 'tap'
import { createRoom } from '../../src/rooms/creation.ts'
import type { Database } from '../../src/storage/database.ts'
import { newRoom } from '../support/chat.ts'
import { escaped, roomSlugs } from '../support/pages.ts'
import { startServer } from '../support/server.ts'

const server = await startServer(t, { RATE_LIMIT: '0', ROOMS_PER_USER: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

t.test('the address of a room is made from its name', async (t) => {
  const names = {
    'Café Ünïcode & Söhne': /^cafe-uenicode-and-soehne$|^cafe-unicode-and-sohne$/,
    'Algebra II, 2026': /^algebra-ii-2026$/,
    '  Spaces  ': /^spaces$/,
    '🎉🎉🎉': /./,
    日本語: /./,
    عربي: /./,
    '../../etc/passwd': /^etc-passwd$/,
    '-': /./,
    ['w'.repeat(80)]: /^w{20,64}$/,
    [`${'字'.repeat(79)}a`]: /./,
    "<script>alert('1')</script>": /script/,
  }
  for (const [name, pattern] of Object.entries(names)) {
    const slug = await newRoom(ada, name)
    t.match(slug, /^[a-z0-9-]{1,64}$/, name)
    t.match(slug, pattern, name)
    const page = await ada.get(`/rooms/${slug}`)
    t.equal(page.status, 200)
    t.match(page.text, escaped(name.trim()), 'and its page shows the name')
  }
})

t.test('rooms whose names would have the same address get different ones', async (t) => {
  t.equal(await newRoom(ada, 'Lobby!'), 'lobby-2')
  t.equal(await newRoom(bob, 'LOBBY?'), 'lobby-3')
  const names = Array.from({ length: 8 }, (_, index) => `Twins${'!'.repeat(index)}`)
  const together = await Promise.all(names.map((name) => newRoom(ada, name)))
  t.equal(new Set(together).size, 8)
  const long = [await newRoom(ada, 'z'.repeat(80)), await newRoom(ada, `${'z'.repeat(79)}y`)]
  t.not(long[0], long[1])
  t.equal(await newRoom(ada, 'Direct'), 'direct-2', 'an address with another meaning is not given to a room')
})

t.test('the ten-thousandth room with one address is made as quickly as the first', async (t) => {
  const numbers = Array.from({ length: 10_000 }, (_, index) => index + 1)
  const slugs = numbers.map((number) => (number === 1 ? 'crowded' : `crowded-${number}`))
  for (let start = 0; start < slugs.length; start += 1_000) {
    const some = slugs.slice(start, start + 1_000)
    const at = new Date().toISOString()
    await app.database
      .insertInto('rooms')
      .values(some.map((slug) => ({ slug, name: `Old ${slug}`, created_at: at })))
      .execute()
  }
  let asked = 0
  const user = await app.database.selectFrom('users').select('id').executeTakeFirstOrThrow()
  const room = await createRoom(
    counted(app.database, () => (asked += 1)),
    { name: 'Crowded' },
    user.id,
  )
  t.equal(room.slug, 'crowded-10001')
  t.ok(asked > 10 && asked < 50, `${asked} statements`)
  await app.database.deleteFrom('rooms').where('slug', 'like', 'crowded%').execute()
})

t.test('a name that looks like that of another room is refused, with a link to that room', async (t) => {
  const room = await newRoom(ada, 'Reading list')
  for (const name of [
    'Reading list',
    ' READING  LIST ',
    'Reading Iist',
    'Rеading list',
    'Ｒｅａｄｉｎｇ list',
    '𝐑𝐞𝐚𝐝𝐢𝐧𝐠 𝐥𝐢𝐬𝐭',
  ]) {
    const { status, text } = await bob.post('/rooms', { name })
    t.equal(status, 400, name)
    t.match(text, new RegExp(`role="alert">[^<]*looks like this one[^<]*<a href="/rooms/${room}"`), name)
    t.ok(text.includes(`value="${escaped(name)}"`), 'the form keeps what was typed')
  }
  const once = await Promise.all(Array.from({ length: 8 }, () => ada.post('/rooms', { name: 'Only one' })))
  t.strictSame(once.map(({ status }) => status).sort(), [303, 400, 400, 400, 400, 400, 400, 400])
  for (const name of ['Reading list 2', 'Reading-list', 'Leading list']) t.ok(await newRoom(bob, name))
})

t.test('an invalid name brings back the form with what was typed', async (t) => {
  const names = [
    '',
    '   ',
    'x'.repeat(81),
    '😀'.repeat(81),
    'y'.repeat(5_000),
    'bell\u0007',
    'two\nlines',
    'nul\0l',
    '\u200b\u2060\ufeff',
    '"><script>alert(1)</script>\u0001',
    '\u3164',
    '\u2800\u2800',
    '\u115f',
    '\ufe0f',
    '\u034f',
    '\u{e0100}',
    'fil\u200ber',
    'a\u3164b',
    'a\u2800b',
    'a\ufe0f',
    'a\u{e0100}',
    'x\u034fy',
    'soft\u00adhyphen',
    '\u202eybbol',
    'one \u2066two\u2069',
    'left\u200emark',
    'x\u200dy',
    '1\ufe0f',
    'line\u2028separator',
    'line\u2029separator',
    `Z${'\u0335'.repeat(30)}algo`,
    `ก${'\u0e47'.repeat(20)}`,
  ]
  const before = await roomSlugs(app)
  for (const name of names) {
    const { status, text } = await ada.post('/rooms', { name })
    const what = [...name]
      .slice(0, 8)
      .map((character) => character.codePointAt(0)?.toString(16))
      .join(' ')
    t.equal(status, 400, what)
    t.match(text, /<form[^>]*action="\/rooms"/, `${what}: the form`)
    t.match(text, 'aria-invalid="true"', `${what}: what is wrong`)
    t.ok(text.includes(`value="${escaped(name)}"`), `${what}: what was typed`)
  }
  const { status, text } = await ada.post('/rooms', { private: 'on' })
  t.equal(status, 400, 'it would be no name at all')
  t.match(text, /<form[^>]*action="\/rooms"/)
  t.strictSame(await roomSlugs(app), before)
})

t.test('names in every script are accepted, with the invisible characters that they need', async (t) => {
  for (const name of [
    '👩\u200d👩\u200d👧\u200d👦 family',
    '❤\ufe0f\u200d🔥',
    '🏳\ufe0f\u200d🌈 1\ufe0f\u20e3',
    '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    'می\u200cخواهم',
    'क्\u200dष',
    'ന്\u200d',
    '葛\u{e0100}城',
    'Tiếng Việt'.normalize('NFD'),
    'הַבְּרִית',
    'བསྒྲུབས',
    'မြန်မာ',
    'น้ำ',
  ]) {
    const slug = await newRoom(ada, name)
    t.match((await ada.get(`/rooms/${slug}`)).text, name)
  }
})

t.test('a name may have 80 characters, however many bytes they take', async (t) => {
  const name = '😀'.repeat(80)
  t.match((await ada.get(`/rooms/${await newRoom(ada, name)}`)).text, name)
})

/** The same database, which calls `tell` for every statement. */
function counted(database: Database, tell: () => void): Database {
  return database.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      tell()
      return result
    },
  })
}
