import { type Actor, recordAudit } from '../audit/index.ts'
import { type Database, inTransaction, prepared } from '../storage/index.ts'
import { anyUser } from './users.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Decides which visitors may make an account. */
    readonly signUpPolicy: SignUpPolicy
  }
}

/**
 * Tells whether a visitor may make an account although accounts are closed.
 * @param next where the visitor wants to go, which is where the sign-up form takes them: a local path such as `/join/CODE`
 */
export type Invitation = (next: string) => Promise<boolean>

/**
 * Decides which visitors may make an account. With `SIGN_UP=closed`, or where an administrator closed sign-up, this is only the
 * first person, and those whom a feature lets in: it registers a check, and sends its visitors to `/sign-up?next=PATH` with a path that the check accepts.
 *
 *     app.signUpPolicy.admit(async (next) => isInvitation(codeOf(next)))
 *     reply.redirect(`/sign-up?next=${encodeURIComponent(`/join/${code}`)}`)
 *
 * The check runs when the form is shown and again when it is sent, so an invitation that has ended lets nobody in. After signing
 * up, the person is redirected to `next`, signed in.
 */
export class SignUpPolicy {
  readonly #database: Database
  readonly #setting: 'open' | 'closed'
  readonly #invitations: Invitation[] = []

  constructor(database: Database, setting: 'open' | 'closed') {
    this.#database = database
    this.#setting = setting
  }

  /** Lets those visitors sign up for whom the check resolves to true. Call it while the server starts. */
  admit(invitation: Invitation): void {
    this.#invitations.push(invitation)
  }

  /** Tells whether a visitor on the way to a path may sign up. @param next a local path */
  async isOpenFor(next: string): Promise<boolean> {
    return (await this.isOpen()) || this.#isInvited(next)
  }

  /** Tells whether any visitor may sign up. */
  async isOpen(): Promise<boolean> {
    return (await this.#isSwitchedOn()) || !(await anyUser(this.#database))
  }

  /**
   * Tells whether a new account may be one of many: false where only the first one may still be made, which is decided when it is
   * stored.
   */
  async admitsMany(next: string): Promise<boolean> {
    return (await this.#isSwitchedOn()) || this.#isInvited(next)
  }

  /** True if the setting `SIGN_UP` closes sign-up, whatever administrators choose. */
  get isClosedBySetting(): boolean {
    return this.#setting === 'closed'
  }

  /** The choice of the administrators. It is read each time, so that a change counts in all processes at once. */
  async chosen(): Promise<'open' | 'closed'> {
    const row = await selectChosen.executeTakeFirst(this.#database, {})
    return row?.chosen ?? 'open'
  }

  /** Opens or closes sign-up. @returns false where it was so already */
  async choose(signUp: 'open' | 'closed', by: Actor): Promise<boolean> {
    return inTransaction(this.#database, async (transaction) => {
      const changed = await transaction
        .updateTable('installation')
        .set({ sign_up: signUp })
        .where('sign_up', '<>', signUp)
        .returning('id')
        .executeTakeFirst()
      if (!changed) return false
      await recordAudit(transaction, { action: 'sign-up.change', by, detail: signUp })
      return true
    })
  }

  async #isSwitchedOn(): Promise<boolean> {
    return this.#setting === 'open' && (await this.chosen()) === 'open'
  }

  async #isInvited(next: string): Promise<boolean> {
    for (const invitation of this.#invitations) if (await invitation(next)) return true
    return false
  }
}

const selectChosen = prepared((database) => database.selectFrom('installation').select('sign_up as chosen'))
