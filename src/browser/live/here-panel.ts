import { closeWhenLeft } from './disclosure.ts'
import { find } from './dom.ts'

/**
 * The list of who is here: a column where there is room for one, else a panel that closes when its reader turns elsewhere.
 * @returns has it look again how much room there is
 */
export function herePanel(): () => void {
  const panel = find(document, 'details.here', HTMLDetailsElement)
  const wide = matchMedia('(min-width: 1400px)')
  const isColumn = () => wide.matches && document.querySelector('.live-grid.with-sheet') === null
  const fit = () => {
    panel.open = isColumn()
  }
  fit()
  wide.addEventListener('change', fit)
  closeWhenLeft(panel, isColumn)
  return fit
}
