/** A frame from the server, of which only the type is known. */
export type ServerObject = { readonly type: string } & Readonly<Record<string, unknown>>

/** @returns nothing for what is not a frame */
export function readFrame(text: string): ServerObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && typeof value.type === 'string' ? { ...value, type: value.type } : undefined
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
