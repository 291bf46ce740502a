import { REQUEST_FAILURES } from '../outbound/index.ts'

/** Why a message that came in was refused. */
const INCOMING_FAILURES = [
  'invalid_payload',
  'no_text',
  'channel_is_archived',
  'no_space_left',
  'not_a_message',
  'unknown',
] as const
export type IncomingFailure = (typeof INCOMING_FAILURES)[number]

/** Why an answer of the other system is a failure. */
const ANSWER_FAILURES = [
  'redirected',
  'not_let_in',
  'wrong_address',
  'too_large',
  'too_many_requests',
  'refused',
  'other_system_failed',
  'unexpected_answer',
] as const
export type AnswerFailure = (typeof ANSWER_FAILURES)[number]

export const HOOK_FAILURES = [
  ...new Set([...INCOMING_FAILURES, ...ANSWER_FAILURES, ...REQUEST_FAILURES, 'not_public' as const]),
]
export type HookFailure = (typeof HOOK_FAILURES)[number]

/** What a person is told, with what to do. An unknown failure is told in the words of its error. */
const WORDS: Readonly<Record<Exclude<HookFailure, 'unknown'>, string>> = {
  // Messages that came in.
  invalid_payload:
    'What was sent is not in the form that Slack takes. Have the other system send JSON with a field “text”.',
  no_text: 'What was sent has no text. Have the other system fill in the field “text”.',
  channel_is_archived: 'This room is archived. Unarchive it to let messages in again.',
  no_space_left: 'Whoever created this hook has no space left here. They can delete files or messages.',
  not_a_message:
    'What was sent cannot be posted as a message. Have the other system send a short, plain text.',
  // Answers of the other system.
  redirected:
    'The address leads to another one, which is not followed. Create a hook with the address where it ends.',
  not_let_in: 'The other system did not let the delivery in. Check that it has the secret of this hook.',
  wrong_address: 'The other system takes no deliveries at this address. Check the address.',
  too_large: 'The delivery is too large for the other system. Raise the limit there.',
  too_many_requests: 'The other system gets too many requests. The delivery is tried again later.',
  refused: 'The other system refused the delivery. Look for the reason in its log.',
  other_system_failed:
    'The other system failed. Look for the reason in its log. The delivery is tried again.',
  unexpected_answer: 'The other system gave an answer that makes no sense here. Check the address.',
  // No answer.
  connection_refused:
    'Nothing takes connections at this address. Check that the other system runs, and its port.',
  name_not_found: 'The name in the address was not found. Check its spelling.',
  name_look_up_slow: 'The name in the address could not be looked up in time. The delivery is tried again.',
  timed_out: 'The other system did not answer in time. Have it answer first, and do its work afterwards.',
  no_route: 'There is no way to the other system from this server. Check the address, and the network.',
  invalid_certificate:
    'The other system has no valid certificate. Renew it there, for the name in the address.',
  no_secure_connection:
    'No secure connection could be made. Check whether the address should begin with http:// or https://.',
  connection_broken:
    'The other system broke the connection off. Look for the reason in its log. The delivery is tried again.',
  not_public:
    'The address is not on the public internet. Whoever runs this server can allow it with WEBHOOK_HOSTS.',
}

/** The meaning of the status of an answer that does not say that the delivery was taken. */
export function failureOfStatus(status: number): AnswerFailure {
  if (status >= 300 && status < 400) return 'redirected'
  if (status === 401 || status === 403) return 'not_let_in'
  if (status === 404 || status === 405 || status === 410) return 'wrong_address'
  if (status === 413) return 'too_large'
  if (status === 429) return 'too_many_requests'
  if (status >= 400 && status < 500) return 'refused'
  return status >= 500 && status < 600 ? 'other_system_failed' : 'unexpected_answer'
}

interface Failed {
  readonly event: string
  readonly status: number | null
  readonly error: string | null
  readonly failure: HookFailure | null
}

/** Tells a person what went wrong with a delivery, and what to do; undefined: nothing did. */
export function failureWords({ error, event, failure, status }: Failed): string | undefined {
  if (error === null) return undefined
  const isIncoming = event === 'in'
  if (failure === null || failure === 'unknown')
    return `It could not be ${isIncoming ? 'posted' : 'delivered'}: ${error}.`
  return !isIncoming && status !== null ? `${WORDS[failure]} (It answered ${status}.)` : WORDS[failure]
}
