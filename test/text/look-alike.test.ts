import t from 'tap'
import { skeletons } from '../../src/text/look-alike.ts'

t.test('names that look alike share a skeleton, and others do not', async (t) => {
  const alike = (one: string, other: string) => skeletons(one).some((each) => skeletons(other).includes(each))
  for (const [one, other] of [
    ['lobby', 'LOBBY'],
    ['lobby', 'Iobby'],
    ['lobby', '1obby'],
    ['lobby', 'lоbby'],
    ['LIST', 'list'],
    ['LIST', 'llst'],
    ['Bob', 'Вob'],
    ['modern', 'modem'],
    ['Lobby', '𝐋𝗈𝖻𝖻𝗒'],
    ['Lobby', 'Ｌｏｂｂｙ'],
    ['Lobby', 'Lo\u200bb\u00adb\ufe0fy\u{e0100}'],
    ['Lobby', '\u2800Lobby\u3164'],
    ['Lab 2', ' lab\u00a0\u2003 2 '],
    ['Café', 'Cafe\u0301'],
  ] as const)
    t.ok(alike(one, other), `${one} and ${other}`)
  for (const [one, other] of [
    ['lobby', 'hobby'],
    ['mail', 'mall'],
    ['Cafe', 'Café'],
    ['Lab 2', 'Lab 3'],
    ['日本', '日木'],
    ['Lab 2', 'Lab-2'],
  ] as const)
    t.notOk(alike(one, other), `${one} and ${other}`)
})
