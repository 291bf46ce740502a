import type { ServerObject } from '../../../src/browser/client/index.ts'
import { byId, find } from '../../../src/browser/live/dom.ts'
import { LiveSocket } from '../../../src/browser/live/socket.ts'

/** It follows what is said; what is written is sent by the form, so that a first message can bring the cookie. */
const list = byId('list', HTMLElement)
const { path, rev = '0', user = '' } = list.dataset
function newItem(): HTMLElement {
  const item = document.importNode(find(list, 'li', HTMLElement), true)
  item.hidden = false
  return list.appendChild(item)
}
function onFrame({ type, id, at, messages, text, by }: ServerObject): void {
  if (type !== 'message' && type !== 'chat') return
  const item = (type === 'chat' && document.getElementById(`chat-${id}`)) || newItem()
  const ofChat = { '.room-name': `Chat ${id}`, '.note': at, '.badge': messages }
  const parts = type === 'chat' ? ofChat : { '.note': by ?? 'Visitor', '[dir]': text }
  for (const [part, words] of Object.entries(parts)) find(item, part, HTMLElement).textContent = String(words)
  if (type === 'message') return
  item.id = `chat-${id}`
  find(item, 'a', HTMLAnchorElement).href = `/examples/support/desk/${id}`
}
if (path !== undefined) new LiveSocket({ path, user, rev: Number(rev), onState() {}, onFrame })
