import { names } from '../../../src/browser/live/frames.ts'
import { LiveSocket } from '../../../src/browser/live/socket.ts'
import { fillsOf, standingOf, textOf } from '../rules.ts'

const form = document.querySelector<HTMLFormElement>('form[data-path]')
const { path = '', rev = '0', user = '' } = form?.dataset ?? {}
const show = (id: string, text: string) => document.getElementById(id)?.replaceChildren(text)
const field = (name: string) => form?.querySelector<HTMLInputElement>(`[name="${name}"]`)
const socket = new LiveSocket({
  path,
  user,
  rev: Number(rev),
  onState() {},
  onFrame({ type, error, game, moves, players }) {
    show('fault', type === 'error' ? String(error) : '')
    if (typeof moves !== 'string') return
    field('game')?.setAttribute('value', String(game))
    field('move')?.setAttribute('value', String(moves.length))
    show('standing', standingOf({ moves, players: names(players) }))
    document.getElementById('board')?.setAttribute('aria-label', textOf(moves))
    const circles = [...document.querySelectorAll('#board circle')]
    for (const [index, fill] of fillsOf(moves).entries()) circles[index]?.setAttribute('fill', fill)
  },
})

form?.addEventListener('submit', (event) => {
  const [game, move] = ['game', 'move'].map((name) => Number(field(name)?.value))
  const column = new FormData(form, event.submitter).get('column')
  const frame = column === null ? { type: 'begin', game } : { game, move, column: Number(column) }
  if (socket.send(frame)) event.preventDefault()
})
