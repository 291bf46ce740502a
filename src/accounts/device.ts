import Bowser from 'bowser'
import type { FastifyRequest } from 'fastify'
import { addressOf } from '../channels/index.ts'

/** The device and the address that a session begins from. */
export interface Place {
  readonly device: string
  readonly address: string
}

/** Tells where a request comes from. */
export function placeOf(request: FastifyRequest): Place {
  return { device: deviceName(request.headers['user-agent']), address: addressOf(request) }
}

/**
 * Names the device behind a `User-Agent` as a person would, such as "Firefox on Linux"; a program by its name, such as
 * "curl".
 */
export function deviceName(userAgent: string | undefined): string {
  if (!userAgent) return 'Unknown device'
  const { browser, os } = Bowser.parse(userAgent.slice(0, 512))
  if (!browser.name) return programName(userAgent)
  return os.name ? `${browser.name} on ${os.name}` : browser.name
}

/** The first product of a `User-Agent` (RFC 9110, section 10.1.5). */
function programName(userAgent: string): string {
  return /^[A-Za-z][\w.-]{0,31}(?=\/|$)/.exec(userAgent)?.[0] ?? 'Unknown device'
}
