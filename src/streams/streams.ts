import type { FastifyInstance } from 'fastify'
import { encodeText, Feeds } from '../channels/index.ts'
import type { DatabaseAway } from '../storage/index.ts'
import type { StreamKind } from './kind.ts'
import type { Change, StreamRow } from './open-stream.ts'
import { StreamWriter } from './stream-writer.ts'

/** The streams of one kind in this process. */
export interface Streams<Row extends StreamRow, Command, Result, Changed extends Change> {
  /** The changes, for those who follow them in this process. */
  readonly feeds: Feeds<Changed>
  /** The only way to make some. */
  readonly writer: StreamWriter<Row, Command, Result, Changed>
}

/**
 * Opens a kind of stream in an application: commands go into `writer`, and what they change comes out of `feeds` in every
 * process. Both end with the application.
 *
 * @example
 * const { feeds, writer } = openStreams(app, polls)
 * await writer.run(poll, { type: 'vote', user, option: 2 })
 */
export function openStreams<Row extends StreamRow, Command, Result, Changed extends Change>(
  app: FastifyInstance,
  kind: StreamKind<Row, Command, Result, Changed>,
): Streams<Row, Command, Result, Changed> {
  const { channelLayer: layer, database, gapsHealed, historyChanges, log, tracing } = app
  const { standing, countChanged, fingerprint, quoted } = kind
  const feeds = new Feeds<Changed>({
    layer,
    log,
    gapsHealed,
    tracing,
    wentBack: () => historyChanges.tell(),
    source: {
      revs: (streams) => kind.table.revs(database, streams),
      changes: (stream, after, upTo, limit) => kind.changes(database, stream, after, upTo, limit),
      ...(standing && { standing: (stream, seq) => standing(database, stream, seq) }),
      ...(countChanged && {
        countChanged: (stream, after, limit) => countChanged(database, stream, after, limit),
      }),
    },
    group: (stream) => kind.group(stream),
    event: `${kind.name}.changed`,
    // A feed asks once for each change, so that nothing is gained by remembering what was made of it.
    encode: (change) => encodeText(JSON.stringify(kind.frame(change))),
    ...(fingerprint && { fingerprint }),
    ...(quoted && { quoted }),
  })
  const publish = (stream: number, changes: readonly Changed[], trace?: string) => {
    feeds
      .publish(stream, changes, trace)
      .catch((error) =>
        log.warn({ err: error }, 'a change was not published; feeds will read it from the database'),
      )
  }
  app.addHook('onClose', async () => feeds.close())
  const failed = (error: DatabaseAway) => app.databaseHealth.failed(error)
  return { feeds, writer: new StreamWriter(database, kind, publish, { onFailure: failed, tracing }) }
}
