/** Why a connection is closed (docs/protocol.md, "Handshake"). */
export const CloseCode = {
  unsupportedData: 1003,
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
