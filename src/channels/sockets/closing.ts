import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** Milliseconds within which a peer must answer a close frame before the connection is cut. */
const CLOSE_PATIENCE = 2_000

/** Bytes of the reason in a close frame. */
const MAXIMUM_REASON = 123

/** @throws RangeError if a close frame cannot carry this (RFC 6455, sections 5.5 and 7.4) */
export function assertCloseFrame(code: number, reason: string): void {
  if (!isCloseCode(code) || Buffer.byteLength(reason) > MAXIMUM_REASON)
    throw new RangeError(`a close frame cannot carry ${code} ${reason}`)
}

/** Cuts a socket whose peer has not answered the close frame in time. */
export function cutLater(socket: WebSocket, stream: Duplex): void {
  setTimeout(cut, CLOSE_PATIENCE, socket, stream).unref()
}

/** A polite end leaves the kernel holding megabytes for a peer that does not read; a reset frees them. */
function cut(socket: WebSocket, stream: Duplex): void {
  if (socket.readyState === socket.CLOSED) return
  if (
    stream.writableLength > 0 &&
    'resetAndDestroy' in stream &&
    typeof stream.resetAndDestroy === 'function'
  ) {
    try {
      stream.resetAndDestroy()
      return
    } catch {
      // TLS and Unix sockets cannot be reset; they are ended below.
    }
  }
  socket.terminate()
}

function isCloseCode(code: number): boolean {
  return (
    (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999)
  )
}
