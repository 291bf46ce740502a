import type { Identity } from '../consumers/scope.ts'
import { networkOf } from './network.ts'

/** The party that a limit applies to: a person, by their number, or the network (`networkOf`) of visitors who are not signed in. */
export type Spender = number | string

/** @param address of the client */
export function spenderOf(identity: Identity | null | undefined, address: string): Spender {
  return identity?.user.id ?? networkOf(address)
}
