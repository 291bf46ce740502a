import type { CopiedFiles } from '../files/index.ts'

/** Says how many files were copied, where there are any, and which were not there. */
export function tellFiles({ files, missing }: CopiedFiles): void {
  if (files > 0) console.log(files === 1 ? '1 file was copied.' : `${files} files were copied.`)
  if (missing > 0)
    console.log(
      `${missing} files were removed in the meantime, or are missing from the folder of files. They were left out.`,
    )
}
