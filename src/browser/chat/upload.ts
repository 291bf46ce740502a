import type { FileFacts } from '../../files/protocol.ts'
import { find } from '../live/dom.ts'
import { localError } from '../live/times.ts'

/** The outcome of an attempt to send a file. */
export type Outcome =
  | { readonly file: FileFacts }
  /** The milliseconds after which it can be sent again; `isOffline` if the server was not reached. */
  | { readonly retryAfter: number; readonly isOffline: boolean }
  | { readonly error: string }

export interface UploadOptions {
  readonly room: string
  readonly user: string
  /** @param share from 0 to 1 */
  readonly onProgress: (share: number) => void
}

/** Milliseconds after which a file is sent again whose connection was lost. */
const RETRY = 3_000
/** The longest wait before a file is sent again, in milliseconds. */
const LONGEST_RETRY = 60_000

/**
 * Uploads a file, without `fetch`, which does not report progress.
 * @returns its outcome, and a function that aborts it
 */
export function upload(
  file: File,
  { room, user, onProgress }: UploadOptions,
): [Promise<Outcome>, () => void] {
  const request = new XMLHttpRequest()
  const outcome = new Promise<Outcome>((resolve) => {
    request.open('POST', `/api/rooms/${room}/files`)
    request.setRequestHeader('x-csrf-token', find(document, 'input[name="_csrf"]', HTMLInputElement).value)
    request.setRequestHeader('x-partyline-user', user)
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      onProgress(total > 0 ? loaded / total : 0),
    )
    request.addEventListener('load', () => resolve(outcomeOf(request)))
    request.addEventListener('error', () => resolve({ retryAfter: RETRY, isOffline: true }))
    request.addEventListener('abort', () => resolve({ error: 'It was not sent.' }))
    const form = new FormData()
    form.set('file', file, file.name)
    request.send(form)
  })
  return [outcome, () => request.abort()]
}

function outcomeOf(request: XMLHttpRequest): Outcome {
  const answer = parse(request.responseText)
  if (request.status === 201 && isFile(answer)) return { file: answer }
  const wait = Number(request.getResponseHeader('retry-after'))
  if (request.status === 429 || request.status >= 500) {
    const retryAfter = Math.min(wait * 1_000 || RETRY, LONGEST_RETRY)
    // A proxy answers so for a server that it does not reach.
    return { retryAfter, isOffline: request.status > 500 && wait === 0 }
  }
  const isTold =
    typeof answer === 'object' && answer !== null && 'error' in answer && typeof answer.error === 'string'
  return { error: isTold ? localError(answer) : 'The file was not taken.' }
}

function isFile(value: unknown): value is FileFacts {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
