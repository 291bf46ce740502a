import type { Page } from 'playwright-core'

export interface KeptDraft {
  readonly id: string
  readonly text: string
  readonly at?: string
  readonly error?: string
}

/** Stores an unsent message in the browser, as an earlier page would have. */
export async function keepDraft(page: Page, user: string, room: string, draft: KeptDraft): Promise<void> {
  const entry = { at: new Date().toISOString(), order: 1, ...draft }
  const key = `draft to send ${user} ${room} ${draft.id}`
  await page.evaluate(([name, text]) => localStorage.setItem(name, text), [
    key,
    JSON.stringify(entry),
  ] as const)
}
