import { byId, find } from '../../../src/browser/live/dom.ts'
import { LiveSocket } from '../../../src/browser/live/socket.ts'

/** It follows what is said; what is written is sent by the form, so that a first message can bring the cookie. */
const messages = byId('messages', HTMLElement)
const { path, rev = '0', user = '' } = messages.dataset
if (path !== undefined)
  new LiveSocket({
    path,
    user,
    rev: Number(rev),
    onState() {},
    onFrame({ type, text, by }) {
      if (type !== 'message') return
      const item = document.importNode(find(messages, 'li', HTMLElement), true)
      item.hidden = false
      find(item, '.note', HTMLElement).textContent = String(by ?? 'Visitor')
      find(item, '[dir]', HTMLElement).textContent = String(text)
      messages.append(item)
    },
  })
