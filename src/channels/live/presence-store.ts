/**
 * Where several processes keep who is in a group: each of them its own people, for as long as it vouches for them again
 * and again. It may lose everything at any time; the processes fill it again.
 */
export interface PresenceStore {
  /**
   * Says what this process has to say of a group and asks for what it does not know, in one step.
   * @throws when the store is away; what was said may have been heard or not
   */
  exchange(group: string, said: PresenceUpdate): Promise<PresenceSnapshot>
  close(): void
}

export interface PresenceUpdate {
  /** The version of the group that this process knows; empty: none. */
  readonly known: string
  /** Names of people that this process has in the group, and vouches for from now on. */
  readonly here: readonly string[]
  /** Names of those whom it has there no longer. */
  readonly gone: readonly string[]
  /** Milliseconds for which it vouches. */
  readonly lease: number
}

export interface PresenceSnapshot {
  /** Another one whenever somebody came or went. */
  readonly version: string
  /** True if somebody came or went just now: by what was reported, or because nobody vouched for them any longer. */
  readonly changed: boolean
  /** True if the store has lost the group since `known`: whoever is missing may only not have been said again yet. */
  readonly lost: boolean
  /** Everyone who is there; undefined when `known` was right, so that nothing happened but what was said. */
  readonly members: PresenceMembers | undefined
}

export interface PresenceMembers {
  /** With this process. */
  readonly own: ReadonlySet<string>
  /** With others. */
  readonly elsewhere: ReadonlySet<string>
}
