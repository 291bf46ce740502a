import { closeSync, constants, fchownSync, fstatSync, openSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Not through a link, and without waiting for what is no file. */
const CAUTIOUSLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Gives the files that root made in a folder to the owner of the folder. Root may run commands for a server that runs as somebody else,
 * who could not open a file of root's. Does nothing for another user.
 */
export function giveToOwner(folder: string): void {
  if (process.geteuid?.() !== 0) return
  const owner = statSync(folder, { throwIfNoEntry: false })
  if (!owner || owner.uid === 0) return
  for (const name of readdirSync(folder)) giveOne(join(folder, name), owner)
}

/** The folder is its owner's, who may have put a link to anything there: what has a second name is not given away. */
function giveOne(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  const descriptor = open(path)
  if (descriptor === undefined) return
  try {
    const found = fstatSync(descriptor)
    if (found.isFile() && found.uid === 0 && found.nlink === 1) fchownSync(descriptor, uid, gid)
  } finally {
    closeSync(descriptor)
  }
}

/** @returns undefined for a link, and for what is gone meanwhile */
function open(path: string): number | undefined {
  try {
    return openSync(path, CAUTIOUSLY)
  } catch {
    return undefined
  }
}
