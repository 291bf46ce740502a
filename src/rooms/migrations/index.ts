import * as kinds from './001-kinds.ts'
import * as shownMemberships from './002-shown-memberships.ts'
import * as watchedRooms from './003-watched-rooms.ts'

/** The changes of the tables of rooms, in order. One that was released is never changed. */
export const migrations = {
  '001-kinds': kinds,
  '002-shown-memberships': shownMemberships,
  '003-watched-rooms': watchedRooms,
}
