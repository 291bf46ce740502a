/** The table of followers as kysely sees it. */

declare module '../storage/tables.ts' {
  interface Tables {
    follower_positions: FollowerPositionsTable
  }
}

export interface FollowerPositionsTable {
  follower: string
  stream_id: number
  /** The last change that the follower has applied. */
  rev: number
}
