/**
 * Where several processes keep the live state of a group: each keeps its own keys, for as long as it keeps renewing them. The
 * store may lose everything at any time; the processes fill it again.
 */
export interface LiveStore {
  /**
   * Stores what this process holds in a group and returns what it does not know of it, in one step.
   * @throws if the store is away; the update may or may not have been stored
   */
  exchange(group: string, update: LiveUpdate): Promise<LiveSnapshot>
  /**
   * Counts the keys of groups that this process may know nothing of, each key once, however many hold it.
   * @param limit the count for one group stops here
   * @returns a count for each group, in the order of the groups
   * @throws when the store is away
   */
  count(groups: readonly string[], limit: number): Promise<number[]>
  close(): void
}

export interface LiveUpdate {
  /** The version of the group that this process knows; empty: none. */
  readonly known: string
  /** Keys that this process holds in the group, and vouches for from now on. */
  readonly here: readonly string[]
  /** The values of these keys, in their order; left out where keys have none. */
  readonly values?: readonly string[]
  /** Keys that it no longer holds there. */
  readonly gone: readonly string[]
  /** Milliseconds for which it vouches. */
  readonly lease: number
}

export interface LiveSnapshot {
  /** Differs from earlier ones whenever a key came, went or changed. */
  readonly version: string
  /** True if one did just now: because of this update, or because nobody vouched for it any longer. */
  readonly changed: boolean
  /** True if the store has lost the group since `known`: what is missing may only not have been stored again yet. */
  readonly lost: boolean
  /** Every key that is there; undefined when `known` was right, so that nothing happened but this update. */
  readonly members: LiveMembers | undefined
}

export interface LiveMembers {
  /** Held by this process. */
  readonly own: ReadonlySet<string>
  /** Held by others. */
  readonly elsewhere: ReadonlySet<string>
  /** The values of the keys elsewhere; left out where keys have none. */
  readonly values?: ReadonlyMap<string, string>
}
