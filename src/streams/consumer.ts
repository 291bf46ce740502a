import { FeedConsumer, FrameError } from '../channels/index.ts'
import { isLogged } from '../storage/index.ts'
import type { Change } from './open-stream.ts'

/** A consumer whose client follows a stream and sends it commands. */
export abstract class StreamConsumer<Changed extends Change> extends FeedConsumer<Changed> {
  /**
   * Waits for a command to be on disk.
   * @throws FrameError that the command's client gets; one with `internal` where it could not be stored, which is logged
   */
  protected async stored<Result>(command: Promise<Result>): Promise<Result> {
    try {
      return await command
    } catch (error) {
      if (error instanceof FrameError) throw error
      if (!isLogged(error)) this.log.error({ err: error }, 'a command could not be stored')
      throw new FrameError('internal', 'this could not be stored; send it again')
    }
  }

  /**
   * Answers a command that is on disk, also one that changed nothing. The answer stands outside the order of changes.
   * @param rev the last change that it made, or the present one
   */
  protected done(id: string | undefined, rev: number): void {
    this.sendPromptly(rev)
    if (id !== undefined) this.sendJson({ type: 'done', id, rev })
  }
}
