/** The stored value or function of each name that a line can use. Own properties only. */
export type Bindings = Readonly<Record<string, string>>

const FUNCTION = '{"function":'

/** Encodes a definition for storing, as it was typed. */
export const encodeFunction = (source: string): string => JSON.stringify({ function: source })

/** Tells whether a stored value is a function. */
export const isFunction = (stored: string): boolean => stored.startsWith(FUNCTION)

/** The typed definition in a stored function, or undefined when it is a value. */
export function sourceOf(stored: string): string | undefined {
  if (!isFunction(stored)) return undefined
  try {
    const { function: source }: { function: unknown } = JSON.parse(stored)
    return typeof source === 'string' ? source : undefined
  } catch {
    return undefined
  }
}
