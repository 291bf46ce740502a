/** Which of the six colours stands for a person, in the page and in the browser alike. */
export function tintOf(name: string): number {
  return [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 6
}
