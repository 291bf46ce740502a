/** The values that both databases store as they are. Drivers silently store others as NULL, or in a form of their own. */
export type Bindable = string | number | bigint | Uint8Array | null

/** @throws TypeError for a value that would not be stored as it is */
export function bindable(value: unknown): Bindable {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`a ${typeof value} cannot be stored: give a text, a number, bytes or null`)
}
