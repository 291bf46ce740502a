import { suggestedUsername } from '../../accounts/presentation.ts'
import { byId } from '../live/dom.ts'

/** Fills in the username that the name suggests, for as long as nobody has typed another one. */
const name = byId('name', HTMLInputElement)
const username = byId('username', HTMLInputElement)
let suggested = ''
name.addEventListener('input', () => {
  if (username.value !== suggested) return
  suggested = suggestedUsername(name.value)
  username.value = suggested
})
