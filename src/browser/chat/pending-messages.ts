import renderMessage from '#views/chat/message.eta'
import type { PendingDraft } from '../client/index.ts'
import { actOnFailure, type FailureActions } from '../live/failure.ts'
import { elementOf, patch } from '../live/html.ts'
import type { Arrangement } from './arrangement.ts'
import type { MessageViews } from './message-views.ts'

interface Pending {
  readonly draft: PendingDraft
  readonly element: HTMLElement
}

/** This person's messages that the server has not stored yet, shown after all others. */
export class PendingMessages {
  readonly #list: HTMLElement
  readonly #views: MessageViews
  readonly #arrangement: Arrangement
  readonly #pending = new Map<string, Pending>()

  constructor(list: HTMLElement, views: MessageViews, arrangement: Arrangement, actions: FailureActions) {
    this.#list = list
    this.#views = views
    this.#arrangement = arrangement
    list.addEventListener('click', ({ target }) => {
      const control = target instanceof Element ? target.closest<HTMLElement>('[data-action]') : null
      const pending = this.#pending.get(control?.closest('article')?.dataset.id ?? '')
      if (control && pending) actOnFailure(control.dataset.action ?? '', pending.draft, actions)
    })
  }

  /** The first of them, from the top. */
  get first(): HTMLElement | undefined {
    return this.#pending.values().next().value?.element
  }

  /** Shows what is not acknowledged, and nothing else. */
  show(drafts: readonly PendingDraft[]): void {
    const said = new Map(drafts.map((draft) => [draft.id, draft.at]))
    const focused = [...this.#pending].find(([, { element }]) => element.contains(document.activeElement))
    for (const [id, { draft, element }] of this.#pending) {
      if (said.get(id) === draft.at) continue
      this.#pending.delete(id)
      this.#arrangement.remove(element)
    }
    for (const draft of drafts) this.#showOne(draft)
    if (focused) this.#holdFocus(focused[0])
  }

  /** The button that sent it again is gone. */
  #holdFocus(id: string): void {
    const element = this.#pending.get(id)?.element
    if (!element || element.contains(document.activeElement)) return
    element.tabIndex = -1
    element.focus({ preventScroll: true })
  }

  /** Hands over the element of a message that is stored now; undefined: none is shown. */
  take(id: string): HTMLElement | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending?.element
  }

  #showOne(draft: PendingDraft): void {
    const present = this.#pending.get(draft.id)?.element
    const view = this.#views.ofDraft(draft, present !== undefined && this.#arrangement.follows(present))
    const element = elementOf(renderMessage(view))
    this.#pending.set(draft.id, { draft, element: present ?? element })
    if (present) return patch(present, element)
    this.#list.append(element)
    this.#arrangement.arrange(element)
  }
}
