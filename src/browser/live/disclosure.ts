import { find } from './dom.ts'

/**
 * Closes a panel when its reader turns elsewhere or presses Escape.
 * @param isFixed whether it stays open at present, because there is room for it
 */
export function closeWhenLeft(panel: HTMLDetailsElement, isFixed: () => boolean = () => false): void {
  document.addEventListener('click', (event) => {
    if (!isFixed() && event.target instanceof Node && !panel.contains(event.target)) panel.open = false
  })
  panel.addEventListener('focusout', ({ relatedTarget }) => {
    if (!isFixed() && relatedTarget instanceof Node && !panel.contains(relatedTarget)) panel.open = false
  })
  panel.addEventListener('keydown', (event) => {
    if (isFixed() || event.key !== 'Escape') return
    panel.open = false
    find(panel, 'summary', HTMLElement).focus()
  })
}

/** Closes the menus of a page's head when their reader turns elsewhere. Not every page has one. */
export function closeRoomMenuWhenLeft(): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.room-menu')) closeWhenLeft(menu)
}
