import type { JobFrame } from '../../exports/protocol.ts'
import type { ServerObject } from '../client/index.ts'

/** The event of the document for the progress of a job that the person started. */
export const JOB_CHANGED = 'partyline:job'

export function isJobFrame(frame: ServerObject): frame is ServerObject & JobFrame {
  return frame.type === 'job' && typeof frame.id === 'string' && typeof frame.progress === 'number'
}
