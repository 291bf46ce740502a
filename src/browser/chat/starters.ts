/**
 * Offers texts to begin an empty room with: a press puts one into the composer, to be sent or changed.
 * @returns takes it away, once something is said
 */
export function starters(onChosen: (text: string) => void): () => void {
  const element = document.getElementById('starters')
  for (const button of element?.querySelectorAll('button') ?? []) {
    button.hidden = false
    button.addEventListener('click', () => onChosen(button.textContent))
  }
  return () => element?.remove()
}
