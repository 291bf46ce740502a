import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Job } from '../jobs/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly belongings: Belongings
  }
}

/** A person whose account was deleted, and is being cleared. */
export interface DeletedAccount {
  readonly id: number
  /** The username that stands in place of theirs. */
  readonly name: string
  /** The username that they had. */
  readonly formerName: string
  /** True if what they said stays, without their name. */
  readonly keepsMessages: boolean
}

export interface BelongingsPage {
  /** Each is written into a person's own export as it is. */
  readonly items: readonly Readonly<Record<string, unknown>>[]
  /** The place at which the next page begins; undefined: there is none. A page may be empty and others follow. */
  readonly next?: string | undefined
}

/** Something that a feature keeps of people: so that they can take it away, and so that it goes with their account. */
export interface Belonging {
  /** Its name in the file of an own export. */
  readonly name: string
  /**
   * Reads what a person has of it, in pages of some hundred at most.
   * @param after where the page before said that this one begins; empty: at the beginning
   */
  read?(user: number, after: string): Promise<BelongingsPage>
  /**
   * Deletes some of what an account had, in one short transaction. It may be called again for what is gone already.
   * @param after as it was returned before; empty: at the beginning
   * @returns where to go on; undefined: nothing is left
   */
  erase?(account: DeletedAccount, after: string, job: Job): Promise<string | undefined>
}

/** All data that is kept about people, by the feature that keeps it. */
export class Belongings {
  readonly #all: Belonging[] = []

  /** To be called while plugins are registered, in every process. */
  add(...belongings: readonly Belonging[]): void {
    for (const belonging of belongings) {
      if (this.#all.some(({ name }) => name === belonging.name))
        throw new Error(`${belonging.name} are known already`)
      this.#all.push(belonging)
    }
  }

  get all(): readonly Belonging[] {
    return this.#all
  }

  find(name: string): Belonging | undefined {
    return this.#all.find((belonging) => belonging.name === name)
  }
}

/** Adds `app.belongings`, to which features add what they keep of people. */
export const belongings = fp(async (app: FastifyInstance) => {
  app.decorate('belongings', new Belongings())
})
