import { Idiomorph } from 'idiomorph'

interface HtmlPolicy {
  createHTML(html: string): string
  createScriptURL(url: string): string
}

declare global {
  interface Window {
    /** Not in every browser. */
    readonly trustedTypes?: {
      createPolicy(name: string, rules: HtmlPolicy): HtmlPolicy
    }
  }
}

/** The one way from text to elements: what our templates made, and pages of our own server. */
const passed: HtmlPolicy = { createHTML: (html) => html, createScriptURL: ownScript }
const policy = window.trustedTypes?.createPolicy('partyline', passed) ?? passed

/** The only script that a page may name by itself. */
const WORKER = '/service-worker.js'

function ownScript(url: string): string {
  if (url !== WORKER) throw new Error(`${url} is not a script of ours`)
  return url
}

/** The address of a script, in the form that browsers with Trusted Types accept. */
export function scriptUrlOf(url: typeof WORKER): string {
  return policy.createScriptURL(url)
}

/** The element that a template made. @throws when it made none */
export function elementOf(html: string): HTMLElement {
  const template = document.createElement('template')
  template.innerHTML = policy.createHTML(html)
  const element = template.content.firstElementChild
  if (element instanceof HTMLElement) return element
  throw new Error('a template made no element')
}

/** A page of our own server. */
export function documentOf(html: string): Document {
  return new DOMParser().parseFromString(policy.createHTML(html), 'text/html')
}

/** Attributes that scripts set by themselves, and templates do not know: where Tab stops, and which parts are open. */
const OWN_ATTRIBUTES = ['tabindex', 'aria-expanded', 'open']
const callbacks = { beforeAttributeUpdated: (name: string) => !OWN_ATTRIBUTES.includes(name) }

/** Changes an element into another one, touching only the differences: focus, scroll and selection stay where they are. */
export function patch(element: Element, wanted: Element): void {
  Idiomorph.morph(element, wanted, { morphStyle: 'outerHTML', callbacks })
}

/** Changes the content of an element into these elements. */
export function patchChildren(element: Element, wanted: readonly Element[]): void {
  Idiomorph.morph(element, [...wanted], { morphStyle: 'innerHTML', callbacks })
}
