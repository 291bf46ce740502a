import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** An example that has a page. */
export interface Example {
  /** Its folder. */
  readonly name: string
  readonly title: string
  readonly path: (room: string) => string
  /** A sentence about what it does. */
  readonly does: string
  /** The lesson that its code teaches. */
  readonly teaches: string
}

export const list: readonly Example[] = [
  {
    name: 'poll',
    title: 'Polls',
    path: (room) => `/rooms/${room}/polls`,
    does: 'Somebody asks a question, and everyone in the room has one vote, which they can change until the poll closes.',
    teaches: 'a stream of numbered changes that outlives a killed process, from its table to its test',
  },
  {
    name: 'cursors',
    title: 'Pointers',
    path: (room) => `/rooms/${room}/cursors`,
    does: 'People in a room see where the others are pointing.',
    teaches: 'live state: values that matter only now, are not stored, and expire by themselves',
  },
  {
    name: 'connect-four',
    title: 'Connect Four',
    path: (room) => `/rooms/${room}/connect-four`,
    does: 'Two people in a room play, and everyone else there watches.',
    teaches:
      'rules that only the server applies, and commands that can be sent twice but are carried out once',
  },
  {
    name: 'ticker',
    title: 'Prices',
    path: () => '/examples/ticker',
    does: 'Prices change fifty times a second, and are shown as often as a person can see.',
    teaches:
      'slowing down a feed without losing its last value, and leaving out what a slow connection cannot carry',
  },
  {
    name: 'questions',
    title: 'Questions',
    path: (room) => `/rooms/${room}/questions`,
    does: 'Everyone in a room can ask, and has one vote for each question. Those with the most votes come first.',
    teaches: 'a stream of many things, each of which changes and is sent as it is now',
  },
  {
    name: 'notes',
    title: 'Notes',
    path: (room) => `/rooms/${room}/notes`,
    does: 'Everyone in a room edits the same few fields, and sees who is editing which.',
    teaches: 'keeping what is stored apart from what matters only now, with the last writer winning',
  },
  {
    name: 'support',
    title: 'Support',
    path: () => '/examples/support',
    does: 'Visitors without an account ask for help, and administrators answer.',
    teaches:
      'a consumer for people without an account, what to limit there, and following a table by hints to read it',
  },
]

/** Counts the lines of an example, including its page and tests. */
export function linesOf(name: string): number {
  const folder = join(import.meta.dirname, name)
  const files = globSync('**/*.*', { cwd: folder })
  return files.reduce((sum, file) => sum + readFileSync(join(folder, file), 'utf8').split('\n').length - 1, 0)
}
