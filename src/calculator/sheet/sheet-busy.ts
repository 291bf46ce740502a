import { HttpError } from '../../web/index.ts'

/** Seconds after which somebody who was refused should try again. */
const RETRY_AFTER = 5

/** Thrown if too many edits are waiting for a sheet. Nothing was stored. */
export class SheetBusy extends HttpError {
  constructor() {
    super(
      503,
      'This sheet is busy',
      'Too many people are changing it at once. Wait a little, then send this again.',
      RETRY_AFTER,
    )
  }
}
