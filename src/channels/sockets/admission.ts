import type { Identity } from '../consumers/scope.ts'
import type { Budget } from './budget.ts'
import { CloseCode } from './close-codes.ts'
import type { Connections } from './connections.ts'

export interface AdmissionOptions {
  readonly connections: Connections
  /** Limits on the open connections of one person, and of one network; 0: no limit. */
  readonly perUser: number
  readonly perAddress: number
  /** How often a person may open a connection. */
  readonly opening: Budget
  readonly overloaded: () => boolean
}

/** Why another connection is refused now. */
export interface NoRoom {
  /** One of `CloseCode`. */
  readonly code: number
  readonly reason: string
  readonly counted: 'overload' | 'connections' | 'opening'
  /** How many there are, and how many are allowed. */
  readonly details: Readonly<Record<string, unknown>>
}

/** Decides whether another connection is allowed. */
export class Admission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /**
   * Tells why somebody may not open another connection now; undefined if they may.
   * @param isBrief whether the connection ends with its first answer: how often somebody asks is limited elsewhere
   */
  refusal(identity: Identity | null, address: string, isBrief = false): NoRoom | undefined {
    const { opening, overloaded } = this.#options
    if (overloaded()) return this.#noRoom('overloaded', 'overload', identity, address)
    if (this.#isCrowded(identity, address))
      return this.#noRoom('too many sockets', 'connections', identity, address)
    // A person who comes back to a room gets what they missed, which can cost as much as a hundred frames.
    if (identity && !isBrief && opening.take(identity.user.id, performance.now()) > 0)
      return this.#noRoom('too many sockets', 'opening', identity, address)
    return undefined
  }

  #isCrowded(identity: Identity | null, address: string): boolean {
    const { connections, perAddress, perUser } = this.#options
    if (perAddress > 0 && connections.ofAddress(address) >= perAddress) return true
    return identity !== null && perUser > 0 && connections.ofUser(identity.user.id) >= perUser
  }

  #noRoom(reason: string, counted: NoRoom['counted'], identity: Identity | null, address: string): NoRoom {
    const { connections, perAddress, perUser } = this.#options
    const details = {
      ...(identity && { user: identity.user.name, ofPerson: connections.ofUser(identity.user.id) }),
      ofNetwork: connections.ofAddress(address),
      accepted: `${perUser || 'any number'} of a person, ${perAddress || 'any number'} of a network`,
    }
    return { code: CloseCode.overloaded, reason, counted, details }
  }
}
