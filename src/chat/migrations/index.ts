import * as changes from './001-changes.ts'
import * as values from './002-values.ts'
import * as mentions from './003-mentions.ts'
import * as retention from './004-retention.ts'
import * as replies from './005-replies.ts'
import * as files from './006-files.ts'
import * as pins from './007-pins.ts'

/** The changes of chat's tables since they have their own list, in order; one that was released is never changed. */
export const migrations = {
  '001-changes': changes,
  '002-values': values,
  '003-mentions': mentions,
  '004-retention': retention,
  '005-replies': replies,
  '006-files': files,
  '007-pins': pins,
}
