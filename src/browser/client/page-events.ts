/** True if this code runs in a page; there is none in Node, Deno and workers. */
export const hasPage = typeof window !== 'undefined' && typeof document !== 'undefined'

/** Listens to an event of the window until the signal is aborted. Where there is no window, nothing is ever heard. */
export function onWindow<Type extends keyof WindowEventMap>(
  type: Type,
  listener: (event: WindowEventMap[Type]) => void,
  options: AddEventListenerOptions & { readonly signal: AbortSignal },
): void {
  if (hasPage) window.addEventListener(type, listener, options)
}

/** Listens to an event of the document, as `onWindow` does to those of the window. */
export function onDocument<Type extends keyof DocumentEventMap>(
  type: Type,
  listener: (event: DocumentEventMap[Type]) => void,
  options: AddEventListenerOptions & { readonly signal: AbortSignal },
): void {
  if (hasPage) document.addEventListener(type, listener, options)
}
