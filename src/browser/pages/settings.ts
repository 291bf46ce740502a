import { offerCopy } from '../live/copied-field.ts'
import { byId } from '../live/dom.ts'
import { localizeTimes } from '../live/times.ts'

localizeTimes(document, 'whole')

const link = document.getElementById('invitation-link')
if (link instanceof HTMLInputElement) {
  const { value: url } = link
  const share = byId('share-link', HTMLButtonElement)
  offerCopy(link, byId('copy-link', HTMLButtonElement), byId('copied', HTMLElement))
  share.hidden = typeof navigator.share !== 'function'
  // A person who closes the sheet without sharing is not told that it failed.
  share.addEventListener('click', () =>
    navigator.share({ title: share.dataset.title ?? '', url }).catch(() => {}),
  )
}
