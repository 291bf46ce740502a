import t from 'tap'
import { KeptDocuments } from '../../src/calculator/sheet/kept-documents.ts'

const sized = (sheet: number, bytes = 100) => ({ sheet, document: { bytes } })

/** Uses each of some sheets once, and reads and keeps those that are not kept. @returns how many had to be read */
function useAll(kept: KeptDocuments<ReturnType<typeof sized>>, sheets: readonly number[]): number {
  const read = sheets.filter((sheet) => kept.use(sheet) === undefined)
  for (const sheet of read) kept.keep(sized(sheet))
  return read.length
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

t.test('when more sheets are in use than fit in memory, most of them stay there', async (t) => {
  const kept = new KeptDocuments<ReturnType<typeof sized>>(1_600)
  const sheets = upTo(18)
  useAll(kept, sheets)
  for (let round = 1; round <= 20; round += 1) t.equal(useAll(kept, sheets), 3, `in round ${round}`)
})

t.test('a sheet that is used more often takes the place of one that is used less', async (t) => {
  const kept = new KeptDocuments<ReturnType<typeof sized>>(1_600)
  useAll(kept, upTo(15))
  useAll(kept, [16, 16])
  t.ok(kept.use(16))
  t.equal(kept.use(1), undefined)
})

t.test('old uses count less than a recent one', async (t) => {
  let now = 0
  const kept = new KeptDocuments<ReturnType<typeof sized>>(1_600, () => now)
  for (let round = 1; round <= 20; round += 1) useAll(kept, upTo(15))
  now = 10 * 60_000
  useAll(kept, [16])
  t.ok(kept.use(16))
})

t.test('a sheet that outgrows the memory evicts others and stays itself', async (t) => {
  const kept = new KeptDocuments<{ sheet: number; document: { bytes: number } }>(1_600)
  useAll(kept, upTo(15))
  const growing = sized(15)
  kept.delete(15)
  kept.keep(growing)
  growing.document.bytes = 500
  kept.keep(growing)
  t.same(
    upTo(15).filter((sheet) => kept.use(sheet) === undefined),
    [1, 2, 3],
  )
})

t.test('a document that is too large by itself evicts no other', async (t) => {
  const kept = new KeptDocuments<ReturnType<typeof sized>>(1_600)
  useAll(kept, upTo(15))
  kept.use(16)
  kept.use(16)
  kept.keep(sized(16, 2_000))
  t.equal(useAll(kept, upTo(15)), 0)
})

/** Has somebody edit sheets, each some times, and keeps those that are not kept. @returns how many had to be read */
function editAll(
  kept: KeptDocuments<ReturnType<typeof sized>>,
  person: number,
  sheets: readonly number[],
  times = 1,
): number {
  let read = 0
  for (let time = 1; time <= times; time += 1)
    for (const sheet of sheets) {
      if (kept.use(sheet, person)) continue
      kept.keep(sized(sheet))
      read += 1
    }
  return read
}

const [ada, eve] = [1, 2]
const many = upTo(30).map((number) => 100 + number)

t.test('a person who edits many sheets all the time evicts no sheet that another person edits', async (t) => {
  const kept = new KeptDocuments<ReturnType<typeof sized>>(1_600)
  editAll(kept, ada, [1, 2])
  editAll(kept, eve, many, 20)
  t.equal(editAll(kept, ada, [1, 2]), 0)
})

t.test('a person who comes later gets room from one whose sheets take more than a share', async (t) => {
  const kept = new KeptDocuments<ReturnType<typeof sized>>(1_600)
  editAll(kept, eve, many, 20)
  t.equal(editAll(kept, ada, [1, 2]), 2)
  editAll(kept, eve, many, 20)
  t.equal(editAll(kept, ada, [1, 2]), 0)
})

t.test('somebody who edits a sheet of others does not make it count to the own share', async (t) => {
  const kept = new KeptDocuments<ReturnType<typeof sized>>(1_600)
  editAll(kept, eve, many, 20)
  editAll(kept, ada, [1])
  editAll(kept, eve, [1, ...many], 20)
  t.ok(kept.use(1, ada))
})

t.test('sheets of a person that grow evict those of others last', async (t) => {
  const kept = new KeptDocuments<{ sheet: number; document: { bytes: number } }>(1_600)
  editAll(kept, ada, [1])
  editAll(kept, eve, many.slice(0, 13))
  const growing = sized(199)
  kept.use(199, eve)
  kept.keep(growing)
  growing.document.bytes = 900
  kept.keep(growing)
  t.ok(kept.use(1, ada))
  t.equal(kept.use(101, eve), undefined)
})

t.test(
  'a person alone may fill all of the memory, and takes the place of what nobody has used for minutes',
  async (t) => {
    let now = 0
    const kept = new KeptDocuments<ReturnType<typeof sized>>(1_600, () => now)
    editAll(kept, ada, upTo(15))
    now = 10 * 60_000
    editAll(kept, eve, many.slice(0, 15))
    t.equal(editAll(kept, eve, many.slice(0, 15)), 0)
  },
)
