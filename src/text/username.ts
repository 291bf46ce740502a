/** Matches a username, typed in either case. It is checked before a database is asked: PostgreSQL refuses U+0000. */
export const USERNAME = /^[A-Za-z0-9_-]{2,32}$/
