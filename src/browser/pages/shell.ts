import { announceSaved } from '../live/saved-note.ts'
import { forgetOnSignOut } from '../live/signing-out.ts'
import { Bell } from '../notifications/bell.ts'
import { followRooms } from '../rooms/followed-rooms.ts'
import { LiveStatuses } from '../rooms/live-statuses.ts'
import { ROOMS_CHANGED } from '../rooms/read-elsewhere.ts'
import { searchByKey } from '../rooms/search-key.ts'
import { showRooms } from '../rooms/shown-rooms.ts'

const { user = '' } = document.body.dataset

const bell = new Bell(user, (frame) => socket.send(frame))
const statuses = new LiveStatuses()
const socket = followRooms(
  user,
  (rooms) => {
    showRooms(rooms)
    document.dispatchEvent(new CustomEvent(ROOMS_CHANGED, { detail: rooms }))
  },
  (frame) => (frame.type === 'statuses' ? statuses.receive(frame) : bell.receive(frame)),
  () => statuses.ask((frame) => socket.send(frame)),
)
searchByKey()
announceSaved()
forgetOnSignOut(user)
