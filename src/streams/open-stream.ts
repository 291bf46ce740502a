/** A row of the table that holds one kind of stream: its number, and the number of its latest change. */
export interface StreamRow {
  readonly id: number
  readonly rev: number
}

/** A change of a stream, as it is published and as it is read again. */
export interface Change {
  readonly rev: number
  /** The thing that changed, such as a message; a later change with the same `seq` replaces this one. */
  readonly seq?: number
  /** Tells the row at `seq` from one that another history may have put there. */
  readonly id?: string
}

/** A stream within a transaction, which nobody else changes until the transaction ends. */
export class OpenStream<Row extends StreamRow, Changed extends Change> {
  /** As it was when it was locked. */
  readonly row: Row
  /** The changes of this transaction, in rising `rev`. */
  readonly changes: Changed[] = []

  constructor(row: Row) {
    this.row = row
  }

  get id(): number {
    return this.row.id
  }

  /** The number of its latest change, with those of this transaction. */
  get rev(): number {
    return this.row.rev + this.changes.length
  }

  /** Numbers a change: `rev` goes up by one. */
  change<One extends Changed>(make: (rev: number) => One): One {
    const change = make(this.rev + 1)
    this.changes.push(change)
    return change
  }
}
