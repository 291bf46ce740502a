/**
 * Tells whether a key belongs to the composition of an input method. In Safari the Enter that ends a composition comes after it
 * has ended, with the code of a key of the composition.
 */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229
}
