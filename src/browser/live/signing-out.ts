import { browserTexts, forgetUnfinished } from './kept-texts.ts'

/** Names for a moment whoever signs out, which tells the other tabs. */
const LEAVING = 'signing out'

/**
 * Has this browser forget what somebody was writing when they sign out in one of its tabs: others may use it after them. Messages
 * that were sent and have not reached the server are kept for them.
 */
export function forgetOnSignOut(user: string): void {
  document.querySelector('form[action="/sign-out"]')?.addEventListener('submit', () => {
    onceLeft(() => {
      forgetUnfinished(user)
      browserTexts.set(LEAVING, user)
      browserTexts.set(LEAVING, '')
    })
  })
  addEventListener('storage', ({ key, newValue }) => {
    if (key !== LEAVING || newValue !== user) return
    forgetUnfinished(user)
    // A sheet that is left keeps the line that is still in sight there.
    onceLeft(() => forgetUnfinished(user))
  })
}

/** Does something when the page is left, after all that it and the sheet beside it do then: their own listeners are older. */
function onceLeft(act: () => void): void {
  const frames = [...document.querySelectorAll('iframe')].map(({ contentWindow }) => contentWindow)
  for (const page of [window, ...frames]) page?.addEventListener('pagehide', act, { once: true })
}
