import { closeWhenLeft } from './disclosure.ts'
import { find } from './dom.ts'

/** The list of who is here: a column where there is room for one, else a panel that closes when its reader turns elsewhere. */
export function herePanel(): void {
  const panel = find(document, 'details.here', HTMLDetailsElement)
  const roomy = matchMedia('(min-width: 1400px)')
  const fit = () => {
    panel.open = roomy.matches
  }
  fit()
  roomy.addEventListener('change', fit)
  closeWhenLeft(panel, () => roomy.matches)
}
