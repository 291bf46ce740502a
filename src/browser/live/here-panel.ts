import { closeWhenLeft } from './disclosure.ts'
import { find } from './dom.ts'

/**
 * The list of people who are here: a column if there is space for one, else a panel that closes when its reader leaves it.
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
