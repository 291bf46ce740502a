/**
 * HTML from elsewhere, to be read and never shown: nothing in it runs, and nothing that it names is loaded. The policy has a name of
 * its own, so that whatever else makes elements from text stays what our templates made (html.ts).
 */
const read = { createHTML: (html: string) => html, createScriptURL: refuse }
const policy = window.trustedTypes?.createPolicy('partyline-inert', read) ?? read

function refuse(url: string): string {
  throw new Error(`${url} is not loaded`)
}

/** Stands before what a browser would report as against our policy, although it does nothing in a document that is never shown. */
const MARK = `inert-${Math.random().toString(36).slice(2)}-`
const REPORTED = /(?<=[\s"'/])(?=(?:style|on[a-z]+)\s*=)|(?<=<\/?)(?=style\b)/gi

/** The attribute that replaces `style` in an inert document. */
export const STYLE = `${MARK}style`

/** Parses HTML. `<style>` elements are left out, and `style` attributes are renamed to `STYLE`. */
export function inertDocument(html: string): Document {
  const inert = new DOMParser().parseFromString(policy.createHTML(html.replace(REPORTED, MARK)), 'text/html')
  for (const element of inert.querySelectorAll(`${MARK}style`)) element.remove()
  // In other places than attributes, the mark replaced ordinary text, which is restored.
  const texts = inert.createTreeWalker(inert, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const { currentNode } = texts
    if (currentNode.nodeValue?.includes(MARK))
      currentNode.nodeValue = currentNode.nodeValue.replaceAll(MARK, '')
  }
  return inert
}
