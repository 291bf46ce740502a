/** The table of bans as kysely sees it. */

declare module '../storage/tables.ts' {
  interface Tables {
    bans: BansTable
  }
}

/** Network addresses from which nobody comes in for a time. */
export interface BansTable {
  /** A UUIDv7, which is never given again. */
  id: string
  /** In CIDR notation, such as `203.0.113.0/24`. */
  network: string
  /** For administrators alone. */
  reason: string
  banned_by: number | null
  created_at: string
  expires_at: string
}
