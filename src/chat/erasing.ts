import type { FastifyInstance } from 'fastify'
import type { Message } from './message.ts'
import type { TalkWriter } from './message-writer.ts'

/** Erases the texts of deleted and edited messages from the files of the database. */
export function eraseReplacedTexts({ eraseDeleted }: FastifyInstance, writer: TalkWriter): void {
  writer.within(async (transaction, rooms) => {
    if (rooms.some(({ changes }) => changes.some(mayReplaceText))) await eraseDeleted(transaction)
  })
}

/** A reaction to a message that was edited before looks the same: erasing once more costs little. */
function mayReplaceText({ deleted, editedAt, rev, seq }: Message): boolean {
  return rev !== seq && (deleted || editedAt !== null)
}

/** Deletes the files of deleted messages: nobody can read them from then on. */
export function removeFilesOfDeleted({ files }: FastifyInstance, writer: TalkWriter): void {
  writer.within(async (transaction, rooms) => {
    const deleted = rooms.flatMap(({ id: room, changes }) =>
      changes.filter((message) => message.deleted).map(({ seq }) => ({ room, seq })),
    )
    if (deleted.length > 0) await files.removal.ofMessages(transaction, deleted)
  })
}
