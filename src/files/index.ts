import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { fileBelongings } from './belongings.ts'
import { FileKeeper } from './file-keeper.ts'
import { fileRoutes } from './file-routes.ts'
import { galleryRoutes } from './gallery-routes.ts'
import { migrations } from './migrations/index.ts'
import { FileRemoval } from './removal.ts'
import { filesEraser } from './room-contents.ts'
import { Staging } from './staging.ts'
import type { FileStore } from './store/file-store.ts'
import { FolderStore } from './store/folder-store.ts'
import { RowStore } from './store/row-store.ts'
import type {} from './tables.ts'
import { uploadRoutes } from './upload-routes.ts'
import { Uploads } from './uploads.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly files: Files
  }
}

export interface Files {
  readonly store: FileStore
  /** Takes in what people send. */
  readonly keeper: FileKeeper
  readonly uploads: Uploads
  readonly removal: FileRemoval
}

export interface FilesOptions {
  /** `DATA_DIR`, in which files are kept, and all stand while they come. */
  readonly directory: string
  /** True if the database is one that processes on several machines share: files are kept there then. */
  readonly inDatabase: boolean
  /** Bytes of a file; 0: no limit. */
  readonly largest: number
}

/** Files that people send in rooms. Messages take them: see `FilesToAttach`. */
export const files = fp(async (app: FastifyInstance, { directory, inDatabase, largest }: FilesOptions) => {
  await app.migrate('files', migrations)
  const rows = new RowStore(app.database)
  const store = inDatabase ? rows : new FolderStore(filesFolder(directory), rows)
  const staging = new Staging(join(directory, 'uploads'))
  app.addHook('onListen', async () => staging.tidy())
  const removal = new FileRemoval(app, store)
  app.decorate('files', {
    store,
    keeper: new FileKeeper(app, { store, staging, largest }),
    uploads: new Uploads(),
    removal,
  })
  app.belongings.add(...fileBelongings(app, removal))
  app.rooms.deletion.onDelete(filesEraser(app, store))
  await app.register(uploadRoutes)
  await app.register(fileRoutes)
  await app.register(galleryRoutes)
})

/** The folder of `DATA_DIR` in which files are kept. */
export function filesFolder(directory: string): string {
  return join(directory, 'files')
}

export { FILES_OF_MESSAGE, FilesToAttach } from './attaching.ts'
export { addFilesToCopy, addFilesToServer, type CopiedFiles, setFilesAside } from './copying.ts'
export { filesOfForm, readFileForm, takeFileForms } from './file-form.ts'
export { keptBytes } from './files.ts'
export { fileKind } from './presentation.ts'
export { FileFacts } from './protocol.ts'
export type { FileStore } from './store/file-store.ts'
