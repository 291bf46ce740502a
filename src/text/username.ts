/** What a username may be, typed in either case. No database is asked for another: PostgreSQL refuses U+0000. */
export const USERNAME = /^[A-Za-z0-9_-]{2,32}$/
