import { byId } from '../live/dom.ts'
import { localizeTimes } from '../live/times.ts'

localizeTimes(document, 'whole')

const link = document.getElementById('invitation-link')
if (link instanceof HTMLInputElement) {
  const { value: url } = link
  const copy = byId('copy-link', HTMLButtonElement)
  const share = byId('share-link', HTMLButtonElement)
  copy.hidden = false
  copy.addEventListener('click', async () => {
    await copyText(link)
    byId('copied', HTMLElement).textContent = 'Copied.'
  })
  share.hidden = typeof navigator.share !== 'function'
  // A person who closes the sheet without sharing is not told that it failed.
  share.addEventListener('click', () =>
    navigator.share({ title: share.dataset.title ?? '', url }).catch(() => {}),
  )
}

/** Where a page may not write to the clipboard, as over plain http, the link is at least marked to be copied by hand. */
async function copyText(field: HTMLInputElement): Promise<void> {
  field.select()
  if (navigator.clipboard) await navigator.clipboard.writeText(field.value)
  else document.execCommand('copy')
}
