/** Why a connection is closed (docs/protocol.md, "Handshake"). */
export const CloseCode = {
  unsupportedData: 1003,
  tooLarge: 1009,
  internalError: 1011,
  restarting: 1012,
  overloaded: 1013,
  signedOut: 4001,
  forbidden: 4003,
  notFound: 4004,
  tooSlow: 4008,
  idle: 4009,
  rateLimited: 4029,
} as const

/** The meaning of each code, for documents. */
export const CLOSE_REASONS: Readonly<Record<keyof typeof CloseCode, string>> = {
  unsupportedData: 'A binary frame came, and this socket takes none.',
  tooLarge: 'A frame of more than 64 KiB came.',
  internalError: 'An error of the server: connect again with since, later each time.',
  restarting:
    'The server restarts, or the connection is to be made anew: the reason is how many milliseconds to wait.',
  overloaded: 'Too many sockets, or the server has too much to do: connect again later.',
  signedOut: 'Not signed in, or the session, token or key has ended.',
  forbidden: 'Removed from the room, or the API key does not have the scope.',
  notFound: 'There is no such room.',
  tooSlow: 'The client reads too slowly: connect again with since.',
  idle: 'Nothing was said for as long as the server waits.',
  rateLimited: 'Too many frames were sent in spite of errors that said so.',
}
