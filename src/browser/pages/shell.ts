import { Bell } from '../notifications/bell.ts'
import { followRooms } from '../rooms/followed-rooms.ts'
import { ROOMS_CHANGED } from '../rooms/read-elsewhere.ts'
import { searchByKey } from '../rooms/search-key.ts'
import { showRooms } from '../rooms/shown-rooms.ts'

const { user = '' } = document.body.dataset

const bell = new Bell(user, (frame) => socket.send(frame))
const socket = followRooms(
  user,
  (rooms) => {
    showRooms(rooms)
    document.dispatchEvent(new CustomEvent(ROOMS_CHANGED, { detail: rooms }))
  },
  (frame) => bell.receive(frame),
)
searchByKey()
