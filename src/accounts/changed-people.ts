import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { repeat } from '../repeat.ts'
import { isLogged } from '../storage/index.ts'
import { type Person, peopleChangedAfter, personById } from './people.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly changedPeople: ChangedPeople
  }
}

/** The layer's group on which processes tell each other whose account changed. */
const GROUP = 'people'

/** Milliseconds between two questions to the database whose account changed, in case the layer lost it. */
export const LOOK_INTERVAL = 1_000
/** Milliseconds by which a look goes further back than the last: clocks of machines differ, and commits take time. */
const OVERLAP = 10_000
/** People whose change one look takes in; the next goes on from there. */
const AT_ONCE = 500

/** Called with each changed person, for parts of the server that remember something of people, such as their names. */
export type PersonListener = (person: Person) => void

/** Tells everyone in all processes who remembers people that an account has changed. */
export interface ChangedPeople {
  /**
   * To be called when a change is stored. Here it has taken effect when this returns, in other processes within two seconds,
   * whether or not the layer works.
   */
  announce(person: Person): void
  /** Calls a function with each person whose account has changed. Call it while the server starts. */
  listen(listener: PersonListener): void
}

/**
 * Keeps what sockets know of their people up to date: a new role or name takes effect on those that are open, and those of
 * people whose accounts were deactivated are closed with 4001.
 */
export const changedPeople = fp(async (app: FastifyInstance) => {
  const listeners: PersonListener[] = []
  /** The state of recently changed people that listeners were last called with. */
  const told = new Map<number, string>()
  let lookedAt = Date.now()

  app.decorate('changedPeople', {
    announce(person) {
      apply(person)
      app.channelLayer
        .groupSend(GROUP, { type: 'person.changed', user: person.id })
        .catch((error) =>
          app.log.warn(
            { err: error },
            'other processes were not told of a changed account; they will find out themselves',
          ),
        )
    },
    listen: (listener) => void listeners.push(listener),
  })

  const channel = app.channelLayer.newChannel((event) => {
    if (typeof event.user === 'number') void look(event.user)
    return true
  })
  await app.channelLayer.groupAdd(GROUP, channel)

  const looking = repeat(LOOK_INTERVAL, complain, async () => {
    const asked = Date.now()
    const changed = await peopleChangedAfter(
      app.database,
      new Date(lookedAt - OVERLAP).toISOString(),
      AT_ONCE,
    )
    for (const person of changed) apply(person)
    for (const id of told.keys()) if (!changed.some((person) => person.id === id)) told.delete(id)
    const last = changed.length === AT_ONCE ? changed.at(-1) : undefined
    lookedAt = last ? Date.parse(last.changedAt) + OVERLAP : asked
  })
  // Not waited for: a database that hangs would keep the server.
  app.addHook('onClose', async () => void looking.stop())

  async function look(user: number): Promise<void> {
    try {
      const person = await personById(app.database, user)
      if (person) apply(person)
    } catch (error) {
      complain(error)
    }
  }

  function apply(person: Person): void {
    const { deactivated, deleted, status, ...user } = person
    const { id, displayName, picture, administrator } = user
    if (deactivated) app.sockets.endUser(id)
    else app.sockets.updateUser(user)
    const state = JSON.stringify([displayName, picture, administrator, deactivated, deleted, status])
    if (told.get(id) === state) return
    told.set(id, state)
    for (const listener of listeners) listener(person)
  }

  function complain(error: unknown): void {
    if (!isLogged(error))
      app.log.warn({ err: error }, 'changed accounts could not be looked up; this will be tried again')
  }
})
