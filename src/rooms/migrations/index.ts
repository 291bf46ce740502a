import * as kinds from './001-kinds.ts'
import * as shownMemberships from './002-shown-memberships.ts'
import * as watchedRooms from './003-watched-rooms.ts'
import * as mutes from './004-mutes.ts'
import * as silencedRooms from './005-silenced-rooms.ts'
import * as deletion from './006-deletion.ts'
import * as peopleOfRooms from './007-people-of-rooms.ts'
import * as hiddenRooms from './008-hidden-rooms.ts'

/** The changes of the tables of rooms, in order. One that was released is never changed. */
export const migrations = {
  '001-kinds': kinds,
  '002-shown-memberships': shownMemberships,
  '003-watched-rooms': watchedRooms,
  '004-mutes': mutes,
  '005-silenced-rooms': silencedRooms,
  '006-deletion': deletion,
  '007-people-of-rooms': peopleOfRooms,
  '008-hidden-rooms': hiddenRooms,
}
