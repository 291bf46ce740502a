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
  /** What one learns from its code. */
  readonly teaches: string
}

export const list: readonly Example[] = [
  {
    name: 'poll',
    title: 'Polls',
    path: (room) => `/rooms/${room}/polls`,
    does: 'Somebody asks a question, and everyone in the room has one vote, which they may change until the poll closes.',
    teaches: 'a stream of numbered changes that outlives a killed process, from its table to its test',
  },
  {
    name: 'cursors',
    title: 'Pointers',
    path: (room) => `/rooms/${room}/cursors`,
    does: 'People in a room see where the others point.',
    teaches: 'live state: what is of use only now, is stored nowhere and ends by itself',
  },
  {
    name: 'connect-four',
    title: 'Connect Four',
    path: (room) => `/rooms/${room}/connect-four`,
    does: 'Two people of a room play, and everyone else there watches.',
    teaches:
      'rules that the server alone decides by, and commands that can be sent twice but are carried out once',
  },
  {
    name: 'ticker',
    title: 'Prices',
    path: () => '/examples/ticker',
    does: 'Prices change fifty times a second, and are shown as often as a person can see.',
    teaches:
      'to slow a feed down without losing its last value, and to leave out what a slow line cannot carry',
  },
  {
    name: 'questions',
    title: 'Questions',
    path: (room) => `/rooms/${room}/questions`,
    does: 'Everyone in a room asks, and has one vote for each question. Those with most votes stand first.',
    teaches: 'a stream of many things, each of which changes and is sent as it is now',
  },
  {
    name: 'notes',
    title: 'Notes',
    path: (room) => `/rooms/${room}/notes`,
    does: 'Everyone in a room writes the same few fields, and sees who edits which.',
    teaches: 'to keep what is stored apart from what is of use only now, and what the last writer wins over',
  },
  {
    name: 'support',
    title: 'Support',
    path: () => '/examples/support/desk',
    does: 'Visitors without an account ask for help, and those who are signed in answer.',
    teaches:
      'a consumer for people without an account, what to limit there, and to follow a table by hints to read it',
  },
]

/** How many lines an example takes, its page and tests included. */
export function linesOf(name: string): number {
  const folder = join(import.meta.dirname, name)
  const files = globSync('**/*.*', { cwd: folder })
  return files.reduce((sum, file) => sum + readFileSync(join(folder, file), 'utf8').split('\n').length - 1, 0)
}
