import type { TSchema } from 'typebox'

/** A JSON Schema as a document has it. */
export type PlainSchema = { readonly [keyword: string]: unknown }

/** The schemas that a document names once, by their titles. */
export class NamedSchemas {
  readonly #named = new Map<string, PlainSchema>()

  /** The schema as a document has it: one with a title stands among the named ones, and is referred to. */
  plain(schema: TSchema): PlainSchema {
    return this.#object(JSON.parse(JSON.stringify(schema)))
  }

  /** All that were named, by name. */
  all(): Readonly<Record<string, PlainSchema>> {
    return Object.fromEntries([...this.#named].sort(([one], [other]) => (one < other ? -1 : 1)))
  }

  #object(schema: PlainSchema): PlainSchema {
    const plain = Object.fromEntries(
      Object.entries(schema).map(([keyword, value]) => [keyword, this.#value(value)]),
    )
    const { title } = plain
    if (typeof title !== 'string') return withKeys(plain)
    const known = this.#named.get(title)
    if (known && JSON.stringify(known) !== JSON.stringify(plain))
      throw new Error(`two schemas have the title ${title}`)
    this.#named.set(title, plain)
    return { $ref: `#/components/schemas/${title}` }
  }

  #value(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#value(one))
    return isObject(value) ? this.#object(value) : value
  }
}

/** An object with any keys is commonly written by its `additionalProperties`. */
function withKeys(schema: PlainSchema): PlainSchema {
  const { patternProperties, ...rest } = schema
  if (!isObject(patternProperties)) return schema
  const [pattern, ...others] = Object.keys(patternProperties)
  if (pattern !== '^.*$' || others.length > 0) return schema
  return { ...rest, additionalProperties: patternProperties[pattern] }
}

export function isObject(value: unknown): value is PlainSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
