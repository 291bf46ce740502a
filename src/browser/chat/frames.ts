import type { MessageFrame } from '../../chat/protocol.ts'
import { isRoomMessage } from '../client/index.ts'

export function isMessage(value: unknown): value is MessageFrame {
  return isRoomMessage(value)
}
