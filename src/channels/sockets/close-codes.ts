/** Why a connection is closed (docs/protocol.md, "Handshake"). */
export const CloseCode = {
  unsupportedData: 1003,
  tooManyPieces: 1008,
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

/** The meaning of each code, for the API documentation. */
export const CLOSE_REASONS: Readonly<Record<keyof typeof CloseCode, string>> = {
  unsupportedData: 'A binary frame arrived; this socket takes only text.',
  tooManyPieces: 'A frame arrived, or a message was fragmented, in more than 512 pieces.',
  tooLarge: 'A frame larger than 64 KiB arrived.',
  internalError: 'An error in the server: connect again with since, waiting longer each time.',
  restarting:
    'The server is restarting, or the connection must be opened again: the reason says how many milliseconds to wait.',
  overloaded: 'Too many sockets, or the server has too much to do: connect again later.',
  signedOut: 'Not signed in, or the session, token or key has ended.',
  forbidden: 'Removed from the room, or the API key does not have the scope.',
  notFound: 'There is no such room.',
  tooSlow: 'The client reads too slowly: connect again with since.',
  idle: 'The client sent nothing for as long as the server waits.',
  rateLimited: 'The client kept sending too many frames in spite of errors that said so.',
}
