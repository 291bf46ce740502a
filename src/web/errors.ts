import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { FrameError, type FrameErrorCode } from '../channels/index.ts'
import { isLogged } from '../storage/index.ts'
import { sentence } from '../text/sentence.ts'
import { localPath } from './local-path.ts'
import { minuteText } from './presentation.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The field of this route's form that holds what a person wrote: an error page gives it back, to be copied. */
    readonly written?: string
  }
}

export interface Action {
  readonly href: string
  readonly label: string
}

/**
 * The code of an error for programs: as in the error frames of a socket, or as the status says (docs/protocol.md, "Errors").
 */
export type ErrorCode =
  | FrameErrorCode
  | 'unauthorized'
  | 'method_not_allowed'
  | 'too_large'
  | 'unsupported_media_type'
  | 'unavailable'

/** A piece of a message: a text, or a time in ISO 8601, which a page writes by the clock of its reader. */
export type MessagePart = string | { readonly at: string }

/** An error answer, in words that tell a person what to do. */
export class HttpError extends Error {
  readonly statusCode: number
  readonly heading: string
  /** The message, for a page. */
  readonly parts: readonly MessagePart[]
  readonly retryAfter: number | undefined
  /** For programs; undefined: the one that goes with the status. */
  readonly code: ErrorCode | undefined

  /**
   * @param heading what happened
   * @param message what the person can do
   * @param retryAfter seconds, where waiting helps
   */
  constructor(
    statusCode: number,
    heading: string,
    message: string | readonly MessagePart[],
    retryAfter?: number,
    code?: ErrorCode,
  ) {
    const parts = [message].flat()
    super(parts.map((part) => (typeof part === 'string' ? part : minuteText(part.at))).join(''))
    this.statusCode = statusCode
    this.heading = heading
    this.parts = parts
    this.retryAfter = retryAfter
    this.code = code
  }

  /** The time that the message names, in ISO 8601; undefined: it names none. */
  get until(): string | undefined {
    return this.parts.find((part) => typeof part !== 'string')?.at
  }

  /** Heading and message in one, for a form or a program. */
  get sentences(): string {
    return `${this.heading}. ${this.message}`
  }
}

/** Thrown if somebody asks for more than allowed at present: 429, with the time after which to try again. */
export class TooManyRequests extends HttpError {
  /**
   * @param heading of what there is too much
   * @param message what the person can do
   * @param wait milliseconds
   */
  constructor(heading: string, message: string, wait: number) {
    super(429, heading, message, Math.max(1, Math.ceil(wait / 1000)))
  }
}

/** The HTTP status and heading of a command that failed, for the code that a socket would be answered with. */
const commands: Partial<Record<FrameErrorCode, { readonly status: number; readonly heading: string }>> = {
  forbidden: { status: 403, heading: 'You cannot change this' },
  not_found: { status: 404, heading: 'There is nothing here' },
  limit: { status: 413, heading: 'That is over the limit' },
  syntax: { status: 400, heading: 'That cannot be calculated' },
  evaluation: { status: 400, heading: 'That cannot be calculated' },
  too_long: { status: 400, heading: 'That is too long' },
  rate_limited: { status: 429, heading: 'Too many requests' },
}

/** @returns a command's error as one that a page or a program can be answered with */
function httpErrorOf(error: FrameError): HttpError {
  const { status, heading } = commands[error.code] ?? { status: 400, heading: 'That could not be read' }
  const { message } = error
  // A message about a field begins with the name of the field, so its first letter stays as it is.
  if (status === 400) return new HttpError(status, heading, message, undefined, error.code)
  return new HttpError(status, heading, sentence(message), undefined, error.code)
}

interface Words {
  readonly heading: string
  readonly message: string
}

const unreadable: Words = {
  heading: 'That could not be read',
  message: 'Something in the request is missing or not valid. Go back and try again.',
}
const broken: Words = {
  heading: 'Something went wrong',
  message: 'It is not your fault. Try again, and if it keeps happening, tell whoever runs this server.',
}
const ordinary: Readonly<Record<number, Words>> = {
  403: { heading: 'You do not have access', message: 'You cannot see or change this.' },
  404: {
    heading: 'There is nothing here',
    message: 'Check that the address is correct. What was here may also have been deleted.',
  },
  405: {
    heading: 'That cannot be done here',
    message: 'The address is right, but it does not support this kind of request.',
  },
  413: { heading: 'That is too large', message: 'Send less at once.' },
  429: { heading: 'Too many requests', message: 'Wait a little, then try again.' },
  503: { heading: 'Not available right now', message: 'Try again in a moment.' },
}

/** Errors as a page that looks like the rest, or as JSON for programs. What is inside stays in the log. */
export const errors = fp(async (app: FastifyInstance) => {
  app.setErrorHandler((thrown, request, reply) => {
    const error = thrown instanceof FrameError && thrown.code !== 'internal' ? httpErrorOf(thrown) : thrown
    const status = statusOf(error)
    if (status >= 500 && !isLogged(error)) request.log.error({ err: error }, 'a request failed')
    if (error instanceof HttpError)
      return answer(request, reply, status, error, error.code, positionOf(thrown))
    return answer(request, reply, status, undefined, status === 400 ? codeOfUnreadable(error) : undefined)
  })
  app.setNotFoundHandler((request, reply) => {
    const allowed = request.ws ? [] : app.allowedMethods(request.url)
    if (allowed.length === 0 || (allowed.includes(request.method) && request.method !== 'OPTIONS'))
      return answer(request, reply, 404)
    const page =
      request.method === 'GET' || request.method === 'HEAD' ? app.pageOfForm(request.url) : undefined
    if (page !== undefined) return reply.redirect(localPath(page), 303)
    reply.header('allow', allowed.join(', '))
    return request.method === 'OPTIONS' ? reply.code(204).send() : answer(request, reply, 405)
  })
})

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  error?: HttpError,
  code: ErrorCode = codeOf(status),
  position?: number,
): FastifyReply {
  const { heading, message } = error ?? ordinary[status] ?? (status < 500 ? unreadable : broken)
  if (error) refuse(reply, error)
  else reply.code(status)
  if (wantsJson(request))
    return reply.send({
      error: `${heading}. ${message}`,
      code,
      ...(position !== undefined && { position }),
      ...(error?.until !== undefined && { until: error.until }),
    })
  return reply.page('web/error', {
    title: heading,
    status,
    heading,
    parts: error?.parts ?? [message],
    scripts: error?.parts.some((part) => typeof part !== 'string') ? ['times.js'] : [],
    written: writtenOf(request),
    actions: actionsFor(request, status),
  })
}

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  413: 'too_large',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  503: 'unavailable',
}

function codeOf(status: number): ErrorCode {
  return codes[status] ?? (status < 500 ? 'invalid' : 'internal')
}

/** Returns the character of an expression at which it cannot be calculated, if the error has one. */
function positionOf(error: unknown): number | undefined {
  const position = error instanceof FrameError ? error.details.position : undefined
  return typeof position === 'number' ? position : undefined
}

/** Tells fields that do not fit a schema from a body that could not even be parsed. */
function codeOfUnreadable(error: unknown): ErrorCode {
  return typeof error === 'object' && error !== null && 'validation' in error ? 'invalid' : 'malformed'
}

/** Answers a program that has not said who it is, or whose word for it is not good. */
export function refuseUnauthorized(reply: FastifyReply, error: string): FastifyReply {
  const code: ErrorCode = 'unauthorized'
  return reply.code(401).send({ error, code })
}

/** Gives an answer the status of an error and, where waiting helps, for how long: a page with the form says the rest. */
export function refuse(reply: FastifyReply, { retryAfter, statusCode }: HttpError): FastifyReply {
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  return reply.code(statusCode)
}

function actionsFor(request: FastifyRequest, status: number): Action[] {
  // Asked before it is known who is there.
  if (status === 503 && request.method === 'GET')
    return [{ href: localPath(request.url), label: 'Try again' }]
  if (request.identity) return [{ href: '/', label: 'Go to your rooms' }]
  return [
    { href: '/', label: 'Go to the front page' },
    { href: '/sign-in', label: 'Sign in' },
  ]
}

/**
 * The text of a form that was refused. It is given back to be copied, and not in a form with a good token: a single click
 * would then send a text that another site may have put there.
 */
function writtenOf({ body, routeOptions }: FastifyRequest): string {
  const { written } = routeOptions.config
  if (written === undefined || typeof body !== 'object' || body === null) return ''
  const text: unknown = Reflect.get(body, written)
  return typeof text === 'string' ? text : ''
}

function wantsJson(request: FastifyRequest): boolean {
  return (
    request.ws ||
    request.url.startsWith('/api/') ||
    request.headers['content-type']?.startsWith('application/json') === true
  )
}

function statusOf(error: unknown): number {
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500
}
