import { BLOCKED_CHANGED } from './blocked-changes.ts'
import { ROOMS_CHANGED } from './read-elsewhere.ts'

/**
 * Hands on, to a sheet that stands beside its talk, what the page around it is told of the person's rooms and of whom they have
 * blocked: the sheet has no connection of its own for that.
 */
export function hearPageAround(): void {
  if (window.parent === window) return
  const around = window.parent.document
  const end = new AbortController()
  for (const type of [ROOMS_CHANGED, BLOCKED_CHANGED])
    around.addEventListener(
      type,
      (event) => document.dispatchEvent(new CustomEvent(type, { detail: Reflect.get(event, 'detail') })),
      { signal: end.signal },
    )
  addEventListener('pagehide', () => end.abort())
}
