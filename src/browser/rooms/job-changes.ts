import type { JobFrame } from '../../exports/protocol.ts'
import type { ServerObject } from '../client/index.ts'

/** The event by which the script of every page hands on what became of something that its person asked for. */
export const JOB_CHANGED = 'partyline:job'

export function isJobFrame(frame: ServerObject): frame is ServerObject & JobFrame {
  return frame.type === 'job' && typeof frame.id === 'string' && typeof frame.progress === 'number'
}
