import type { Page } from 'playwright-core'
import t from 'tap'
import { eventually, inBrowser, OUTAGE, overflows } from '../support/browser.ts'
import { newRoom } from '../support/chat.ts'
import { sayWith, sentFile } from '../support/files.ts'
import { photo } from '../support/pictures.ts'
import { RoomPage, sayAll } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

t.setTimeout(600_000)

const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true }

t.test('files in a room', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0', MAX_FILE_SIZE: '400000' })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const hers = await RoomPage.open(t, ada, { expected: OUTAGE })
  const his = await RoomPage.open(t, bob)
  const attached = hers.page.locator('.attachment')

  t.test('chosen files are sent, and shown to everyone as pictures and cards', async (t) => {
    await hers.page.locator('#files').setInputFiles([
      {
        name: 'lake.jpg',
        mimeType: 'image/jpeg',
        buffer: Buffer.from(await photo({ width: 800, height: 600 })),
      },
      { name: 'notes.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 hello') },
    ])
    await attached.filter({ hasText: 'lake.jpg' }).locator('img').waitFor()
    await hers.say('from the lake')
    await his.shows('from the lake')
    const message = his.page.locator('.message', { hasText: 'from the lake' })
    const picture = message.locator('.file.picture img')
    await picture.scrollIntoViewIfNeeded()
    await eventually('the thumbnail is there', () =>
      picture.evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth > 0),
    )
    t.same(
      await picture.evaluate((image) => [
        image.getAttribute('width'),
        image.getAttribute('height'),
        image.getAttribute('alt'),
      ]),
      ['203', '270', 'lake.jpg'],
    )
    t.match(await message.locator('.file-card').textContent(), /notes\.pdf\s*PDF, 14 bytes/)
    t.equal(await attached.count(), 0)
  })

  t.test('files can be sent without text, which waits for the upload', async () => {
    await hers.page
      .locator('#files')
      .setInputFiles({ name: 'alone.txt', mimeType: 'text/plain', buffer: Buffer.from('alone') })
    await hers.composer.press('Enter')
    await his.page.locator('.file-card', { hasText: 'alone.txt' }).waitFor()
    await eventually(
      'nothing is on its way',
      async () => (await hers.page.locator('.message.pending').count()) === 0,
    )
    await his.page.locator('.message', { hasText: 'alone.txt' }).waitFor()
  })

  t.test('files can be pasted and dropped', async (t) => {
    await hers.composer.evaluate((composer) => {
      const data = new DataTransfer()
      data.items.add(new File(['pasted'], 'pasted.txt', { type: 'text/plain' }))
      composer.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
      )
    })
    await attached.filter({ hasText: 'pasted.txt' }).waitFor()
    await hers.page.evaluate(() => {
      const data = new DataTransfer()
      data.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }))
      const live = document.getElementById('timeline')
      for (const type of ['dragenter', 'dragover', 'drop'])
        live?.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }))
    })
    await attached.filter({ hasText: 'dropped.txt' }).waitFor()
    await attached
      .filter({ hasText: 'pasted.txt' })
      .getByRole('button', { name: 'Remove pasted.txt' })
      .click()
    t.equal(await attached.count(), 1)
    await hers.say('only one')
    await his.shows('only one')
    t.equal(await his.page.locator('.file-card', { hasText: 'pasted.txt' }).count(), 0)
    await his.page.locator('.file-card', { hasText: 'dropped.txt' }).waitFor()
  })

  t.test('files that are too large are not sent, with the reason', async (t) => {
    await hers.page
      .locator('#files')
      .setInputFiles({ name: 'huge', mimeType: 'x/y', buffer: Buffer.alloc(400_001) })
    await attached.filter({ hasText: 'larger than 390.6 KiB' }).waitFor()
    await hers.say('not yet')
    await hers.page.locator('#composer-note', { hasText: 'Remove the file' }).waitFor()
    t.equal(await hers.composer.inputValue(), 'not yet')
    await hers.page.getByRole('button', { name: 'Remove huge' }).click()
    await hers.composer.press('Enter')
    await his.shows('not yet')
  })

  t.test('files are sent again after a lost connection', async () => {
    await hers.page.route('**/api/rooms/lobby/files', (route) => route.abort(), { times: 1 })
    await hers.page
      .locator('#files')
      .setInputFiles({ name: 'again.txt', mimeType: 'text/plain', buffer: Buffer.from('again') })
    await attached.filter({ hasText: 'Waiting for the connection' }).waitFor()
    await hers.say('with patience')
    await his.page.locator('.file-card', { hasText: 'again.txt' }).waitFor()
  })

  t.test('pictures open large, and Escape closes them', async (t) => {
    const second = await sentFile(ada, 'lobby', {
      name: 'hill.jpg',
      content: await photo({ colour: '#20a040' }),
    })
    await sayWith(ada, 'lobby', 'from the hill', [second.id])
    await his.shows('from the hill')
    const links = his.page.locator('a.file.picture')
    await links.first().focus()
    await his.page.keyboard.press('Enter')
    const viewer = his.page.locator('dialog.viewer[open]')
    await viewer.locator('img[alt="lake.jpg"]').waitFor()
    await his.page.keyboard.press('ArrowRight')
    await viewer.locator('img[alt="hill.jpg"]').waitFor()
    await his.page.keyboard.press('Escape')
    t.equal(await viewer.count(), 0)
    // A dialog reports that it has closed in a later turn of the page.
    await his.page.locator('a.file.picture[data-name="hill.jpg"]:focus').waitFor()
  })

  t.test('files leave the time beside the name, and the remove button visible', async (t) => {
    const file = await sentFile(ada, 'lobby', { name: `${'a wide card '.repeat(12)}.txt`, content: 'x' })
    await sayWith(ada, 'lobby', 'with a wide card', [file.id])
    const message = his.page.locator('.message', { hasText: 'with a wide card' })
    const [name, time] = [message.locator('.byline'), message.locator('time')]
    const { right } = await name
      .locator('.sender')
      .evaluate((sender) => sender.getBoundingClientRect().toJSON())
    t.ok(((await time.boundingBox())?.x ?? 0) - right < 24, 'however wide the files are')

    const phone = await RoomPage.open(t, ada, PHONE)
    const bitmap = Buffer.concat([Buffer.from('BM'), Buffer.alloc(100)])
    await phone.page
      .locator('#files')
      .setInputFiles({ name: 'a picture with a long name.bmp', mimeType: 'image/bmp', buffer: bitmap })
    const row = phone.page.locator('.attachment', { hasText: 'It cannot be shown here' })
    const box = await row.getByRole('button', { name: 'Remove a picture with a long name.bmp' }).boundingBox()
    t.ok(box && box.x + box.width <= 360, 'beside a note of a sentence')
    t.notOk(await overflows(phone.page))
  })

  t.test('pictures that load late do not move what a person is reading', async (t) => {
    const room = await newRoom(ada, 'Late')
    const say = (text: string, count: number) =>
      sayAll(
        ada,
        Array.from({ length: count }, (_, index) => `${text} ${index}`),
        room,
      )
    await say('above', 4)
    const files = [
      { name: 'late.jpg', content: await photo({ width: 640, height: 480 }) },
      { name: 'late.webm', content: await film(his.page) },
    ]
    for (const file of files)
      await sayWith(ada, room, `see ${file.name}`, [(await sentFile(ada, room, file)).id])
    await say('below', 40)

    const { page } = await RoomPage.open(t, bob, { viewport: { width: 1280, height: 1_400 } })
    const held = Promise.withResolvers<void>()
    const asked = new Set<string>()
    await page.route('**/files/**', async (route) => {
      asked.add(new URL(route.request().url()).pathname.split('/').at(-1) ?? '')
      await held.promise
      await route.continue()
    })
    await page.goto(`/rooms/${room}`, { waitUntil: 'commit' })
    const read = page.locator('.message', { hasText: 'below 0' })
    await read.waitFor()
    // Not at the end, where the newest message stays in place, and with both visible, since a browser keeps the top in place.
    await page.locator('.message', { hasText: 'above 0' }).evaluate((first) => first.scrollIntoView())
    await eventually('both are asked for', async () => asked.size === files.length)
    const before = (await read.boundingBox())?.y ?? 0
    held.resolve()
    await eventually('both have come', () =>
      page.evaluate(() => {
        const [image, video] = [document.querySelector('.file img'), document.querySelector('.file video')]
        return (
          image instanceof HTMLImageElement &&
          image.naturalWidth > 0 &&
          video instanceof HTMLVideoElement &&
          video.videoWidth > 0
        )
      }),
    )
    // A thumbnail has whole pixels.
    t.ok(Math.abs(((await read.boundingBox())?.y ?? 0) - before) < 1)
  })

  t.test('files of a deleted message disappear from the page', async () => {
    const file = await sentFile(ada, 'lobby', { name: 'mistake.txt', content: 'x' })
    const { seq } = JSON.parse((await sayWith(ada, 'lobby', '', [file.id])).text)
    await his.page.locator('.file-card', { hasText: 'mistake.txt' }).waitFor()
    const headers = { 'x-csrf-token': await ada.token('/account') }
    await ada.request('DELETE', `/api/rooms/lobby/messages/${seq}`, undefined, headers)
    await his.page.locator('.file-card', { hasText: 'mistake.txt' }).waitFor({ state: 'detached' })
  })

  t.test('all files are in the gallery of the room, which fits on a phone', async (t) => {
    const phone = await RoomPage.open(t, bob, PHONE)
    t.notOk(await overflows(phone.page))
    t.ok(await phone.page.locator('#take-photo').isVisible(), 'with its camera')
    await phone.page.goto('/rooms/lobby/files?kind=pictures')
    t.equal(await phone.page.locator('.file-grid li').count(), 2)
    t.notOk(await overflows(phone.page))
    const pictures = phone.page.locator('.file-grid a.file.picture')
    const [first, second] = [await pictures.first().boundingBox(), await pictures.last().boundingBox()]
    t.equal(first?.y, second?.y, 'two pictures beside each other')
    await pictures.first().click()
    const viewer = phone.page.getByRole('dialog')
    const name = await viewer.getAttribute('aria-label')
    await viewer.getByRole('button', { name: 'Next picture' }).click()
    t.not(await viewer.getAttribute('aria-label'), name, 'are looked at one after another')
    await phone.page.keyboard.press('Escape')
    t.ok(await pictures.last().evaluate((link) => link === document.activeElement))
    const shots = process.env.SHOTS
    if (shots) {
      await phone.page.screenshot({ path: `${shots}/gallery-phone.png` })
      await phone.page.goto('/rooms/lobby')
      await phone.page
        .locator('#files')
        .setInputFiles({ name: 'one more file.txt', mimeType: 'text/plain', buffer: Buffer.from('again') })
      await phone.page.screenshot({ path: `${shots}/room-phone.png` })
      await his.page.screenshot({ path: `${shots}/room.png` })
      await his.page.emulateMedia({ colorScheme: 'dark' })
      await his.page.screenshot({ path: `${shots}/room-dark.png` })
      await his.page.locator('a.file.picture').first().click()
      await his.page.screenshot({ path: `${shots}/viewer.png` })
      await his.page.goto('/rooms/lobby/files')
      await his.page.screenshot({ path: `${shots}/gallery.png` })
    }
  })

  t.test('several pictures of a message stand beside each other', async (t) => {
    const shapes = [
      { width: 300, height: 900 },
      { width: 900, height: 300 },
    ]
    const sent = shapes.map(async (shape) =>
      sentFile(ada, 'lobby', { name: 'several.jpg', content: await photo(shape) }),
    )
    const ids = (await Promise.all(sent)).map(({ id }) => id)
    await sayWith(ada, 'lobby', 'of two shapes', ids)
    const phone = await RoomPage.open(t, bob, PHONE)
    for (const { page } of [his, phone]) {
      const pictures = page.locator('.message', { hasText: 'of two shapes' }).locator('.picture img')
      await pictures.nth(1).waitFor()
      const [first, second] = [await pictures.first().boundingBox(), await pictures.last().boundingBox()]
      t.equal(second?.y, first?.y)
      t.equal(second?.height, first?.height)
    }
  })
})

/** A short upright video as from a telephone, made by the browser. */
async function film(page: Page): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 90, height: 160 })
    const drawing = canvas.getContext('2d')
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' })
    const { promise, resolve } = Promise.withResolvers<Blob>()
    recorder.addEventListener('dataavailable', ({ data }) => resolve(data))
    recorder.start()
    for (let frame = 0; frame < 10; frame += 1) {
      drawing?.fillRect(frame, frame, 20, 20)
      await new Promise(requestAnimationFrame)
    }
    recorder.stop()
    return [...new Uint8Array(await (await promise).arrayBuffer())]
  })
  return Uint8Array.from(bytes)
}
