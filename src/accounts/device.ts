import Bowser from 'bowser'

/** What a person would call the device behind a `User-Agent`: "Firefox on Linux"; a program by its name: "curl". */
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
