import { namesIn } from './tokens.ts'

/** The names of a sheet, each with what `Binding.stored` was. Own properties only. */
export type Bindings = Readonly<Record<string, string>>

const FUNCTION = '{"function":'

/** How a definition is stored: as it was typed. */
export const encodeFunction = (source: string): string => JSON.stringify({ function: source })

/** Whether a stored binding is a function. */
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

/**
 * Picks from a sheet what an expression may need, and what that needs: the bindings to send with it. Loads no
 * arithmetic; `lookUp` gives the stored form of a name, `ans` included, or undefined.
 */
export function bindingsFor(expression: string, lookUp: (name: string) => string | undefined): Bindings {
  const found: Record<string, string> = Object.create(null)
  const seen = new Set<string>()
  const texts = [expression]
  for (let text = texts.pop(); text !== undefined; text = texts.pop())
    for (const name of namesIn(text)) {
      if (seen.has(name)) continue
      seen.add(name)
      const stored = lookUp(name)
      if (stored === undefined) continue
      found[name] = stored
      const source = sourceOf(stored)
      if (source !== undefined) texts.push(source)
    }
  return found
}
