import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { Value } from 'typebox/value'

/**
 * Validates the parts of requests by the schemas of their routes. A value that is not of its type is converted where it comes from an
 * address or a header, which hold texts alone. A schema is compiled when its route is first asked for: there are hundreds.
 */
export const validator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  let compiled: Validator | undefined
  return (value) => {
    compiled ??= Compile(schema)
    if (compiled.Check(value)) return { value }
    const converted = httpPart === 'body' ? value : Value.Convert(schema, value)
    return compiled.Check(converted) ? { value: converted } : { error: compiled.Errors(converted) }
  }
}

/**
 * Fastify's own compilers, which load another library for schemas, are in nobody's way so. No route tells Fastify the schema of its
 * answers: these are written as they are.
 */
export const noOtherCompilers = {
  compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler },
}

function noCompiler(): never {
  throw new Error('schemas are compiled by src/web/validator.ts alone')
}
