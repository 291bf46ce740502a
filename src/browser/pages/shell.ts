import { followRooms } from '../rooms/followed-rooms.ts'
import { ROOMS_CHANGED } from '../rooms/read-elsewhere.ts'
import { showRooms } from '../rooms/shown-rooms.ts'

const { user = '' } = document.body.dataset

followRooms(user, (rooms) => {
  showRooms(rooms)
  document.dispatchEvent(new CustomEvent(ROOMS_CHANGED, { detail: rooms }))
})
