import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where a program is that the system has on its path. */
export function onPath(program: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return join(folder, program)
    } catch {
      // The next folder may have it.
    }
  }
}
