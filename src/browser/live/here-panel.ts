import { find } from './dom.ts'

/** The list of who is here: a column where there is room for one, else a panel that closes when one turns elsewhere. */
export function herePanel(): void {
  const panel = find(document, 'details.here', HTMLDetailsElement)
  const roomy = matchMedia('(min-width: 1400px)')
  const fit = () => {
    panel.open = roomy.matches
  }
  fit()
  roomy.addEventListener('change', fit)
  document.addEventListener('click', (event) => {
    if (!roomy.matches && event.target instanceof Node && !panel.contains(event.target)) panel.open = false
  })
  panel.addEventListener('focusout', ({ relatedTarget }) => {
    if (!roomy.matches && relatedTarget instanceof Node && !panel.contains(relatedTarget)) panel.open = false
  })
  panel.addEventListener('keydown', (event) => {
    if (roomy.matches || event.key !== 'Escape') return
    panel.open = false
    find(panel, 'summary', HTMLElement).focus()
  })
}
