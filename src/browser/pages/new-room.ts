import { completeUsernames } from '../chat/direct-completion.ts'
import { byId } from '../live/dom.ts'

completeUsernames(
  byId('with', HTMLInputElement),
  byId('with-list', HTMLElement),
  document.body.dataset.user ?? '',
)
