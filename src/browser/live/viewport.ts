/**
 * Makes the page as high as its visible part, where an on-screen keyboard covers a page instead of resizing it (iOS):
 * `--visible-height` and `.keyboard-covers` for the styles.
 */
export function followKeyboard(): void {
  const { visualViewport } = window
  if (!visualViewport) return
  const follow = () => {
    // Somebody who has zoomed in moves round the page themselves.
    if (visualViewport.scale !== 1) return
    const covered = window.innerHeight - visualViewport.height > 1
    const height = covered ? `${visualViewport.height}px` : ''
    document.documentElement.style.setProperty('--visible-height', height)
    document.documentElement.classList.toggle('keyboard-covers', covered)
    if (covered) window.scrollTo(0, 0)
  }
  visualViewport.addEventListener('resize', follow)
  visualViewport.addEventListener('scroll', follow)
}
