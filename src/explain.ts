import { ConfigError } from './config.ts'
import { DatabaseAway, StorageUnusable } from './storage/index.ts'

/** @returns one line where the person who starts the server or a command can do something about it; else the error itself */
export function explain(error: unknown): unknown {
  if (error instanceof ConfigError || error instanceof StorageUnusable || error instanceof DatabaseAway)
    return error.message
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return error
  if (error.code === 'EADDRINUSE') {
    return `${error.message}: something else listens there. Stop it, or set another PORT.`
  }
  if (error.code === 'EACCES' && error.syscall === 'listen') {
    return `PORT=${process.env.PORT} cannot be used (EACCES): it must be a port that this user may listen on, such as 3000.`
  }
  if (error.code === 'EADDRNOTAVAIL' || error.syscall === 'getaddrinfo') {
    return `HOST=${process.env.HOST} cannot be used (${error.code}): it must be a name or address of this machine.`
  }
  const remedy = REMEDIES[String(error.code)]
  return remedy === undefined ? error : `${error.message}. ${remedy}`
}

/** For files that cannot be made, opened or written to. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Free some space, then start again.',
  EDQUOT: 'This user’s disk quota is used up. Free some space, then start again.',
  EROFS: 'That disk is read-only. Set another DATA_DIR.',
  EACCES: 'Give the file and its folder to this user, or set another DATA_DIR.',
  EMFILE: 'No file descriptors are left. Raise the limit (ulimit -n, or LimitNOFILE= under systemd).',
}
