/**
 * Stored, numbered changes on top of the real-time core: commands go in, changes come out. This is its public interface;
 * nothing outside of `streams/` imports anything else from it.
 */
export { inRisingRev } from './changed-rows.ts'
export { StreamConsumer } from './consumer.ts'
export { type Follower, followStreams } from './follow-streams.ts'
export type { Item, StreamKind, StreamTable } from './kind.ts'
export { type Change, OpenStream, type StreamRow } from './open-stream.ts'
export { streams } from './plugin.ts'
export { streamTable } from './stream-table.ts'
export { StreamWriter, type TransactionHook } from './stream-writer.ts'
export { openStreams, type Streams } from './streams.ts'
