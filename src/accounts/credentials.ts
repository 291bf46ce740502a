import type { FastifyRequest } from 'fastify'
import { HttpError, TooManyRequests } from '../web/index.ts'
import { TooManyHashes } from './hash-queue.ts'

/** Said for an unknown name too, so that nobody learns which names there are. */
export const WRONG_PASSWORD = 'Wrong username or password.'

/** Said only after the right password: to others a deactivated account is one that nobody has. */
export function deactivatedError(): HttpError {
  return new HttpError(
    403,
    'This account is deactivated',
    'Ask an administrator to reactivate it.',
    undefined,
    'forbidden',
  )
}

/**
 * Takes the blanks from around the name in a body, since people paste names with them. Anything but text is left as it
 * is.
 */
export async function trimName({ body }: FastifyRequest): Promise<void> {
  if (typeof body !== 'object' || body === null || !('username' in body)) return
  if (typeof body.username === 'string') body.username = body.username.trim()
}

/**
 * Returns an error that says why a password was not even looked at.
 * @throws the error itself when it says something else
 */
export function refusalOf(error: unknown): HttpError {
  if (error instanceof TooManyRequests || error instanceof TooManyHashes) return error
  throw error
}
