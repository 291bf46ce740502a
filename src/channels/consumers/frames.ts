import { type Static, type TObject, Type } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { FrameError } from './errors.ts'
import { hasVisible } from './visible.ts'

/** The frames that a consumer takes: a schema for each `type`, without the `type` itself. */
export type FrameSchemas = Readonly<Record<string, TObject>>

/** One of those frames, checked. */
export type FrameOf<Schemas extends FrameSchemas> = {
  [Name in keyof Schemas & string]: { type: Name } & Static<Schemas[Name]>
}[keyof Schemas & string]

/** A check of frames, which also describes what it accepts. */
export interface FrameCheck<Frame> {
  (value: Record<string, unknown>): Frame
  readonly schemas?: FrameSchemas
  /** The type of frames that do not name one. */
  readonly usual?: string | undefined
}

/** An id that a client can give a frame, so that it can tell the answers apart. */
export const FrameId = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,64}$',
  description: '1 to 64 of A-Z a-z 0-9 _ -',
})

/** Text that a person typed: 1 to `maximum` characters, at least one of them visible, without NUL. Nothing is trimmed. */
export function Text(maximum: number) {
  const description = `1 to ${maximum.toLocaleString('en')} characters, not blank and without NUL`
  return Type.Refine(
    Type.String({ maxLength: maximum, description }),
    (text) => hasVisible(text) && !text.includes('\0'),
    () => 'must not be blank or hold NUL',
  )
}

/** A checked text as it is stored: a lone surrogate, which UTF-8 cannot carry, becomes U+FFFD. */
export function wellFormed(text: string): string {
  return text.toWellFormed()
}

interface Fault {
  keyword: string
  instancePath: string
  params: object
}

/** Returns the id of a frame that was refused, for the answer to repeat. */
export function idOf(frame: unknown): string | number | undefined {
  const id = typeof frame === 'object' && frame !== null && 'id' in frame ? frame.id : undefined
  if (typeof id === 'number') return id
  return typeof id === 'string' ? id.slice(0, 64) : undefined
}

/** @throws FrameError `malformed` unless the text is a JSON object. */
export function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new FrameError('malformed', 'a frame is a JSON object, and this is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FrameError('malformed', 'a frame is a JSON object')
  }
  return value as Record<string, unknown>
}

/**
 * Compiles the frames of a consumer into one check.
 *
 * @param usual the type of frames that do not name one
 * @returns a function that returns the frame typed, or throws a `FrameError` with `invalid` or `too_long` that says which
 *   field takes what. A map from type to schema, not a union: the errors of a union come from every branch.
 */
export function compileFrames<Schemas extends FrameSchemas>(
  schemas: Schemas,
  usual?: keyof Schemas & string,
): FrameCheck<FrameOf<Schemas>> {
  const checks = new Map(
    Object.entries(schemas).map(([type, schema]) => {
      const whole = Type.Object(
        { type: Type.Literal(type), ...schema.properties },
        { additionalProperties: false },
      )
      return [type, { schema, check: compiledLate(whole) }]
    }),
  )
  const checkFrame = (value: Record<string, unknown>): FrameOf<Schemas> => {
    const type = value.type === undefined ? usual : value.type
    const known = typeof type === 'string' ? checks.get(type) : undefined
    if (!known) throw new FrameError('invalid', `type: takes ${[...checks.keys()].join(', ')}`)
    // First, so that nothing below has more fields to look at than the schema has.
    const unknown = unknownFields(known.schema, value)
    if (unknown.length > 0) throw notFields(known.schema, unknown)
    const frame = value.type === undefined ? { ...value, type } : value
    const check = known.check()
    if (check.Check(frame)) return frame as FrameOf<Schemas>
    throw explain(known.schema, check.Errors(frame))
  }
  return Object.assign(checkFrame, { schemas, usual })
}

/** Compiles a schema when it is first needed: there are dozens, and the start waits for none. */
function compiledLate(schema: TObject): () => Validator {
  let compiled: Validator | undefined
  return () => {
    compiled ??= Compile(schema)
    return compiled
  }
}

/** Unknown fields that an error names. */
const NAMED = 3

/** The first fields that a frame of this schema does not have, one more than an error names. */
function unknownFields(schema: TObject, value: Record<string, unknown>): string[] {
  const found: string[] = []
  for (const name in value) {
    if (name === 'type' || Object.hasOwn(schema.properties, name)) continue
    found.push(name)
    if (found.length > NAMED) break
  }
  return found
}

function notFields(schema: TObject, unknown: readonly string[]): FrameError {
  const names = unknown.slice(0, NAMED).map((name) => name.slice(0, 64))
  if (unknown.length > NAMED) names.push('…')
  const fields = Object.keys(schema.properties).join(', ')
  return new FrameError('invalid', `${names.join(', ')}: not a field of this frame, which takes ${fields}`)
}

function explain(schema: TObject, faults: Fault[]): FrameError {
  const missing = faults.find((fault) => fault.keyword === 'required')
  if (missing && 'requiredProperties' in missing.params && Array.isArray(missing.params.requiredProperties)) {
    return new FrameError('invalid', `${missing.params.requiredProperties.join(', ')}: missing`)
  }
  const tooLong = faults.find((fault) => fault.keyword === 'maxLength')
  const fault = tooLong ?? faults[0]
  const field = fault?.instancePath.split('/')[1] ?? ''
  const property: unknown = schema.properties[field]
  const takes =
    typeof property === 'object' && property !== null && 'description' in property
      ? property.description
      : 'another value'
  return new FrameError(tooLong ? 'too_long' : 'invalid', `${field}: takes ${takes}`)
}
