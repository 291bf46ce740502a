import type { Delivery } from './deliveries.ts'

/**
 * Explanations of errors of deliveries, with what to do; the first that matches counts. A message that came in has one of our own codes
 * as its error. One that went out has the text of the failed connection, which contains the code of the system.
 */
const MEANINGS: readonly (readonly [pattern: RegExp, words: string])[] = [
  // Messages that came in.
  [
    /^invalid_payload$/,
    'What was sent is not in the form that Slack takes. Have the other system send JSON with a field “text”.',
  ],
  [/^no_text$/, 'What was sent has no text. Have the other system fill in the field “text”.'],
  [/^channel_is_archived$/, 'This room is archived. Unarchive it to let messages in again.'],
  [/^limit$/, 'Whoever created this hook has no space left here. They can delete files or messages.'],
  [
    /^(too_long|invalid)$/,
    'What was sent cannot be posted as a message. Have the other system send a short, plain text.',
  ],
  // Answers of the other system.
  [
    /^the answer was 3\d\d$/,
    'The address leads to another one, which is not followed. Create a hook with the address where it ends.',
  ],
  [
    /^the answer was 40[13]$/,
    'The other system did not let the delivery in. Check that it has the secret of this hook.',
  ],
  [
    /^the answer was (404|405|410)$/,
    'The other system takes no deliveries at this address. Check the address.',
  ],
  [/^the answer was 413$/, 'The delivery is too large for the other system. Raise the limit there.'],
  [/^the answer was 429$/, 'The other system gets too many requests. The delivery is tried again later.'],
  [/^the answer was 4\d\d$/, 'The other system refused the delivery. Look for the reason in its log.'],
  [
    /^the answer was 5\d\d$/,
    'The other system failed. Look for the reason in its log. The delivery is tried again.',
  ],
  [/^the answer was /, 'The other system gave an answer that makes no sense here. Check the address.'],
  // Failures of the connection.
  [
    /\bECONNREFUSED\b/,
    'Nothing takes connections at this address. Check that the other system runs, and its port.',
  ],
  [/\b(ENOTFOUND|EAI_\w+)\b|has no address/, 'The name in the address was not found. Check its spelling.'],
  [/looked up/, 'The name in the address could not be looked up in time. The delivery is tried again.'],
  [
    /\bETIMEDOUT\b|^no answer within/,
    'The other system did not answer in time. Have it answer first, and do its work afterwards.',
  ],
  [
    /\b(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)\b/,
    'There is no way to the other system from this server. Check the address, and the network.',
  ],
  [
    /certificate|altnames/i,
    'The other system has no valid certificate. Renew it there, for the name in the address.',
  ],
  [
    /\bSSL\b|\bEPROTO\b/,
    'No secure connection could be made. Check whether the address should begin with http:// or https://.',
  ],
  [
    /\b(ECONNRESET|EPIPE)\b|hang up|^Parse Error/,
    'The other system broke the connection off. Look for the reason in its log. The delivery is tried again.',
  ],
  [
    /is not a public internet address/,
    'The address is not on the public internet. Whoever runs this server can allow it with WEBHOOK_HOSTS.',
  ],
]

/** Tells a person what went wrong with a delivery, and what to do; undefined: nothing did. */
export function failureWords({
  error,
  event,
  status,
}: Pick<Delivery, 'error' | 'event' | 'status'>): string | undefined {
  if (error === null) return undefined
  const [, words] = MEANINGS.find(([pattern]) => pattern.test(error)) ?? []
  if (words === undefined) return `It could not be ${event === 'in' ? 'posted' : 'delivered'}: ${error}.`
  return event !== 'in' && status !== null ? `${words} (It answered ${status}.)` : words
}
