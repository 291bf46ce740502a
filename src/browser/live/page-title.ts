/** The number in front of a page's title: unread messages of its room, or else notifications. */
export type TitleCount = 'unread' | 'unseen'

/**
 * Shows a count before the page's title. The scripts of a page do not share their state, so each count is stored on the page;
 * that of the room comes first.
 */
export function countInTitle(what: TitleCount, count: number): void {
  const root = document.documentElement
  root.dataset[what] = String(count)
  root.dataset.title ??= document.title
  showTitle()
}

/** Changes the title of the page, and leaves the number in front of it. */
export function renamePage(rename: (title: string) => string): void {
  const root = document.documentElement
  root.dataset.title = rename(root.dataset.title ?? document.title)
  showTitle()
}

function showTitle(): void {
  const root = document.documentElement
  const { title = document.title } = root.dataset
  const shown = Number(root.dataset.unread ?? 0) || Number(root.dataset.unseen ?? 0)
  document.title = shown > 0 ? `(${shown}) ${title}` : title
}
