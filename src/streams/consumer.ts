import { Type } from 'typebox'
import { FeedConsumer, FrameError, PresenceFrame, type SentFrames, WelcomeFrame } from '../channels/index.ts'
import { isLogged } from '../storage/index.ts'
import type { Change } from './open-stream.ts'

const LabelsByUsername = Type.Optional(Type.Record(Type.String(), Type.String()))

/** Facts about people, each by their usernames: their display names, the versions of their pictures, and their statuses. */
const aboutPeople = { names: LabelsByUsername, pictures: LabelsByUsername, statuses: LabelsByUsername }

/** A consumer whose client follows a stream and sends it commands. */
export abstract class StreamConsumer<Changed extends Change> extends FeedConsumer<Changed> {
  static override readonly sends: SentFrames = {
    ...FeedConsumer.sends,
    welcome: Type.Object({
      ...WelcomeFrame.properties,
      ...aboutPeople,
      room: Type.Optional(Type.String({ description: 'the slug' })),
    }),
    presence: Type.Object({ ...PresenceFrame.properties, ...aboutPeople }),
    done: Type.Object({
      type: Type.Literal('done'),
      id: Type.String({ description: 'of the frame that it answers' }),
      rev: Type.Integer({ description: 'the last change that the frame made, or the current one' }),
    }),
  }

  /**
   * Waits for a command to be on disk.
   * @param explain turns what the command throws into a FrameError, where that is what its client should get
   * @throws FrameError that the command's client gets; one with `internal` where it could not be stored, which is logged
   */
  protected stored<Result>(
    command: Promise<Result>,
    explain: (error: unknown) => unknown = (error) => error,
  ): Promise<Result> {
    return command.catch((thrown: unknown) => {
      const error = explain(thrown)
      if (error instanceof FrameError) throw error
      if (!isLogged(error)) this.log.error({ err: error }, 'a command could not be stored')
      throw new FrameError('internal', 'this could not be saved; send it again')
    })
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
