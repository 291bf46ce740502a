import renderAttachment from '#views/files/attachment.eta'
import { type AttachmentView, fileKind, fileView, sizeText } from '../../files/presentation.ts'
import type { FileFacts } from '../../files/protocol.ts'
import { byId } from '../live/dom.ts'
import { elementOf, patchChildren } from '../live/html.ts'
import { upload } from './upload.ts'

export interface AttachmentsOptions {
  readonly room: string
  readonly user: string
  /** Says what is wrong; an empty text: nothing any more. */
  readonly tell: (words: string) => void
  /** The server has all files with which the person wanted to send a message. */
  readonly onReady: () => void
}

interface Attachment {
  readonly key: string
  readonly name: string
  /** The file to send; undefined: the server has it already, and gave its form back. */
  readonly source?: File
  progress: number
  state: 'waiting' | 'sending' | 'later' | 'done' | 'failed'
  note: string
  facts?: FileFacts
  cancel?: () => void
}

/** Files that are sent at the same time: the others wait for these. */
const AT_ONCE = 2
/** Tries after which a file that the server does not take now is given up. */
const TRIES = 20

/** The files for the message being written: chosen, dropped, pasted or taken with a camera, and uploaded at once. */
export class Attachments {
  readonly #options: AttachmentsOptions
  readonly #form = byId('composer', HTMLFormElement)
  readonly #list = byId('attachments', HTMLElement)
  readonly #largest: number
  readonly #most: number
  #all: Attachment[] = []
  #made = 0
  #isAwaited = false

  constructor(options: AttachmentsOptions) {
    this.#options = options
    this.#largest = Number(this.#form.dataset.largest) || Number.POSITIVE_INFINITY
    this.#most = Number(this.#form.dataset.most)
    this.#takeOver()
    this.#list.addEventListener('click', ({ target }) => this.#clicked(target))
    window.addEventListener('online', () => this.#again())
    window.addEventListener('beforeunload', (event) => this.#isUnderWay && event.preventDefault())
    this.#show()
  }

  get isEmpty(): boolean {
    return this.#all.length === 0
  }

  /** Adds files, and begins to send them. */
  add(files: readonly File[]): void {
    this.#options.tell('')
    const free = this.#most - this.#all.length
    if (files.length > free) this.#options.tell(`A message can have at most ${this.#most} files.`)
    for (const source of files.slice(0, Math.max(0, free))) {
      const isLarge = source.size > this.#largest
      const note = isLarge ? `It is larger than ${sizeText(this.#largest)}.` : sizeText(source.size)
      this.#made += 1
      const state = isLarge ? 'failed' : 'waiting'
      this.#all.push({ key: `${this.#made}`, name: source.name, source, progress: 0, state, note })
    }
    this.#pump()
  }

  /** Puts files back that are there already, such as those of a message that was refused. */
  giveBack(files: readonly FileFacts[]): void {
    for (const facts of files) this.#adopt(facts)
    this.#show()
  }

  /**
   * The files for a message that is said now.
   * @returns undefined where some are not there yet: `onReady` is called when they are
   */
  take(): readonly FileFacts[] | undefined {
    const isReady = this.#all.every(({ state }) => state === 'done')
    this.#isAwaited = !isReady
    if (isReady) return this.#all.flatMap(({ facts }) => facts ?? [])
    const failed = this.#all.filter(({ state }) => state === 'failed')
    const isOver = failed.length > 0
    if (isOver) this.#isAwaited = false
    this.#options.tell(
      isOver
        ? 'Remove the file that could not be sent, or try again.'
        : 'This will be sent when its files have been uploaded.',
    )
    return undefined
  }

  /** Empties the list, after its files were sent with a message. */
  clear(): void {
    this.#all = []
    this.#options.tell('')
    this.#show()
  }

  get #isUnderWay(): boolean {
    return this.#all.some(({ state }) => state !== 'failed')
  }

  /** Goes on with the files of a form that the server gave back. */
  #takeOver(): void {
    for (const item of this.#list.querySelectorAll<HTMLElement>('[data-file]')) {
      const name = item.querySelector('bdi')?.textContent ?? ''
      const unknown = { type: 'application/octet-stream', size: 0, width: null, height: null }
      this.#adopt({ id: item.dataset.file ?? '', name, ...unknown })
    }
  }

  #adopt(facts: FileFacts): void {
    this.#made += 1
    const note = facts.size > 0 ? sizeText(facts.size) : ''
    this.#all.push({ key: `${this.#made}`, name: facts.name, progress: 1, state: 'done', note, facts })
  }

  #pump(): void {
    for (const one of this.#all) {
      if (this.#all.filter(({ state }) => state === 'sending').length >= AT_ONCE) break
      if (one.state === 'waiting' && one.source) void this.#send(one, one.source)
    }
    this.#show()
    if (this.#isAwaited && this.#all.every(({ state }) => state === 'done')) {
      this.#isAwaited = false
      this.#options.tell('')
      this.#options.onReady()
    }
  }

  async #send(one: Attachment, source: File): Promise<void> {
    for (let tries = 1; this.#all.includes(one); tries += 1) {
      one.state = 'sending'
      one.note = sizeText(source.size)
      const onProgress = (share: number) => {
        one.progress = share
        one.note = share < 1 ? sizeText(source.size) : 'Checking…'
        this.#show()
      }
      const [outcome, cancel] = upload(source, { ...this.#options, onProgress })
      one.cancel = cancel
      const answer = await outcome
      if ('file' in answer) {
        one.state = 'done'
        one.facts = answer.file
        one.note = noteOf(answer.file)
        break
      }
      if ('error' in answer || tries === TRIES) {
        one.state = 'failed'
        one.note = 'error' in answer ? answer.error : 'It could not be sent.'
        break
      }
      one.state = 'later'
      one.progress = 0
      one.note = answer.isOffline ? 'Waiting for the connection…' : 'Waiting…'
      this.#pump()
      await new Promise<void>((resolve) => {
        one.cancel = resolve
        setTimeout(resolve, answer.retryAfter)
      })
    }
    this.#pump()
  }

  /** The connection is back. */
  #again(): void {
    for (const one of this.#all) if (one.state === 'later') one.cancel?.()
  }

  #clicked(target: EventTarget | null): void {
    const control = target instanceof Element ? target.closest<HTMLElement>('[data-action]') : null
    const one = this.#all.find(({ key }) => key === control?.closest<HTMLElement>('li')?.dataset.key)
    if (!control || !one) return
    if (control.dataset.action === 'retry') one.state = 'waiting'
    else {
      this.#all = this.#all.filter((other) => other !== one)
      one.cancel?.()
      byId('message', HTMLTextAreaElement).focus()
    }
    this.#pump()
  }

  #show(): void {
    this.#list.hidden = this.#all.length === 0
    patchChildren(
      this.#list,
      this.#all.map((one) => elementOf(renderAttachment(viewOf(one)))),
    )
    this.#form.classList.toggle('has-files', this.#all.length > 0)
  }
}

function viewOf({ facts, key, name, note, progress, source, state }: Attachment): AttachmentView {
  return {
    key,
    name,
    thumbnail: facts && fileView(facts).thumbnail?.src,
    progress: state === 'sending' ? Math.round(progress * 100) : undefined,
    note,
    fault: state === 'failed',
    mayRetry: state === 'failed' && source !== undefined && progress > 0,
  }
}

/** Returns the note below a file that was taken. */
function noteOf(file: FileFacts): string {
  const isAsItWas = file.type.startsWith('image/') && fileKind(file) === 'file'
  return isAsItWas
    ? `${sizeText(file.size)}. It cannot be shown here, and is sent unchanged, including any data in it such as where it was taken.`
    : sizeText(file.size)
}
