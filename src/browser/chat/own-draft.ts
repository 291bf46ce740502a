import { byId } from '../live/dom.ts'
import { unfinishedKey } from '../live/kept-texts.ts'
import { DRAFT_CHANGED } from '../rooms/draft-changes.ts'
import type { Composer } from './composer.ts'
import { DraftOffer } from './draft-offer.ts'
import { DraftSync, readDraft } from './draft-sync.ts'
import { fetchMessage } from './history.ts'
import { DraftKeeper } from './kept-draft.ts'
import { shownExcerpt } from './shown-text.ts'
import { isSame, NOTHING, type Written } from './written.ts'

/**
 * Opens the draft of a room: the one of this tab, or the one that the server put into the form.
 * @param composer begins with what the server put there
 */
export function openDraft(room: string, user: string, composer: Composer): DraftSync {
  const { version, givenBack } = byId('composer', HTMLFormElement).dataset
  const keeper = new DraftKeeper(unfinishedKey('draft', user, room))
  const served = composer.written
  const kept = keeper.read()
  const isKept = givenBack === undefined && kept !== undefined && !isSame(kept.written, kept.synced)
  // A text that the server gave back to be corrected is the newest.
  const synced = isKept ? kept.synced : givenBack === undefined ? served : NOTHING
  let isOfferMine = false
  const offer = new DraftOffer(
    () => {
      isOfferMine = true
      sync.useOffered()
      composer.focus()
    },
    () => {
      sync.keepMine()
      composer.focus()
    },
  )
  if (isKept) {
    composer.replace(kept.written)
    void followAnswered(room, user, composer)
  }
  const sync = new DraftSync(
    {
      room,
      user,
      keeper,
      current: () => composer.written,
      isFree: () => composer.isFree,
      onOther: (written) => composer.replace(written),
      onOffer: (written) => {
        offer.show(written, isOfferMine)
        isOfferMine = false
      },
      replyTo: (seq) => replyTo(room, user, seq),
    },
    synced,
    isKept ? kept.version : version,
  )
  document.addEventListener(DRAFT_CHANGED, (event) => {
    if (!(event instanceof CustomEvent) || event.detail.room !== room) return
    const draft = readDraft(event.detail)
    if (draft) void sync.receive(draft)
  })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void sync.reconcile()
  })
  return sync
}

/** Asks for the answered message: a draft that this tab kept may be older than its last change. */
export async function followAnswered(room: string, user: string, composer: Composer): Promise<void> {
  const { reply } = composer.written
  if (!reply) return
  try {
    composer.follow(await fetchMessage(room, user, reply.seq))
  } catch {
    // It is answered as it was known; the server has the last word.
  }
}

/** @returns undefined where it was deleted, or cannot be had now */
async function replyTo(room: string, user: string, seq: number): Promise<Written['reply']> {
  try {
    const message = await fetchMessage(room, user, seq)
    if (message.deleted) return undefined
    const { sender, sender_name: name } = message
    return { seq, sender, ...(name !== undefined && { sender_name: name }), excerpt: shownExcerpt(message) }
  } catch {
    return undefined
  }
}
