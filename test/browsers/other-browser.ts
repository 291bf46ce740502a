import type { Test } from 'tap'

/** A window of a browser that is not Chromium, as far as a test needs it. */
export interface OtherBrowser {
  readonly name: string
  open(address: string): Promise<void>
  /** The value of an expression, which the page's policy need not allow. */
  evaluate(expression: string): Promise<unknown>
  /** Clicks in the middle of the one visible element that a selector finds. */
  click(selector: string): Promise<void>
  /** Clicks into a field, and types; `\n` is the Enter key. */
  type(selector: string, text: string): Promise<void>
}

export type OpenOtherBrowser = (t: Test) => Promise<OtherBrowser>
