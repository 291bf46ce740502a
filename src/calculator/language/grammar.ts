import type { TokenReader } from './token-reader.ts'
import type { Node } from './tree.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What the parts of the parser share. */
export interface Grammar {
  readonly reader: TokenReader
  readonly vocabulary: Vocabulary
  /** Counts a node of the tree. @throws CalculationError `limit` when there are too many */
  node(node: Node): Node
  /** Keeps a sentence about how something was read. */
  note(sentence: string): void
  /** Reads a sign, a power and what is joined to it: all that stands closer together than a product. */
  operand(): Node
  /** Reads a sum. */
  sum(): Node
}
