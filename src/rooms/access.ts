import type { Identity } from '../channels/index.ts'
import type { Room } from './rooms.ts'

/** Whether a person may delete what others said in a room: its owner may, and an administrator. */
export function moderates(user: Identity['user'], room: Pick<Room, 'owner'>): boolean {
  return user.administrator || room.owner === user.id
}
