import { button, isPlain } from '../live/dom.ts'

/** Opens pictures of a list large, over the page: the links to them work without it. Escape closes it, arrows go on to others. */
export function pictureViewer(list: HTMLElement): void {
  const dialog = document.createElement('dialog')
  dialog.className = 'viewer'
  const picture = document.createElement('img')
  const caption = document.createElement('p')
  const save = document.createElement('a')
  save.textContent = 'Download'
  const name = document.createElement('bdi')
  let shown: HTMLAnchorElement | undefined
  const previous = button('‹', () => go(-1))
  previous.ariaLabel = 'Previous picture'
  const next = button('›', () => go(1))
  next.ariaLabel = 'Next picture'
  const close = button('✕', () => dialog.close())
  close.ariaLabel = 'Close'
  caption.append(name, ' ', save)
  dialog.append(close, previous, picture, next, caption)
  document.body.append(dialog)

  list.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a.file.picture') : null
    if (!isPlain(event) || !(link instanceof HTMLAnchorElement)) return
    event.preventDefault()
    show(link)
    dialog.showModal()
  })
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close()
  })
  dialog.addEventListener('keydown', ({ key }) => {
    if (key === 'ArrowLeft') go(-1)
    if (key === 'ArrowRight') go(1)
  })
  dialog.addEventListener('close', () => {
    picture.removeAttribute('src')
    shown?.focus({ preventScroll: true })
  })

  function all(): HTMLAnchorElement[] {
    return [...list.querySelectorAll<HTMLAnchorElement>('a.file.picture')]
  }

  function go(step: number): void {
    const links = all()
    const link = shown && links[links.indexOf(shown) + step]
    if (link && shown) show(link)
  }

  function show(link: HTMLAnchorElement): void {
    shown = link
    const links = all()
    const place = links.indexOf(link)
    const title = link.dataset.name ?? ''
    picture.src = link.href
    picture.alt = title
    name.textContent = title
    save.href = link.href
    save.download = title
    dialog.ariaLabel = `Picture ${title}`
    previous.disabled = place <= 0
    next.disabled = place === links.length - 1
  }
}
