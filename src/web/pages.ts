import { join } from 'node:path'
import view from '@fastify/view'
import { Eta } from 'eta'
import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import type { Identity } from '../channels/index.ts'
import { flat } from '../text/flat.ts'
import { escapeHtml } from '../text/html.ts'
import type { Assets } from './assets.ts'
import { avatarOf, largeAvatarOf, personName } from './presentation.ts'
import { takeSaved } from './saved.ts'
import { VIEWS } from './templates.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The person who is signed in; null for a visitor. */
    identity: Identity | null
  }
  interface FastifyInstance {
    /** Renders a template of `views/` that is a part of pages, with `asset`, `fixed`, `avatarOf` and `personName`. */
    fragment(template: string, content: object): string
  }
  interface FastifyReply {
    /**
     * Renders a template of `views/` with what all pages share: `user`, `csrf`, `path`, `saved`, `asset`, `avatarOf` and `personName`,
     * and with `fixed`, which includes a template that is the same for everyone.
     * @param content must have a `title`; a form for visitors also brings its own `csrf`
     */
    page(template: string, content: { title: string } & Record<string, unknown>): FastifyReply
  }
}

const ROOT = join(import.meta.dirname, '../..')

/** Eta's own merges what a template sees into what it gives to an included one, which copies all of a page's content each time. */
const INCLUDE =
  'let include = (__eta_t, __eta_d) => this.render(__eta_t, {...it, ...(__eta_d ?? {})}, options);'
const INCLUDE_AS_GIVEN = 'let include = (__eta_t, __eta_d) => this.render(__eta_t, __eta_d ?? it, options);'

/**
 * Finds templates in `views/`, and those of `examples/` beside the code that they belong to. An included template sees only what it is
 * given, as in the browser; if it is given nothing, it sees what the including one sees.
 */
function openTemplates(): Eta {
  const eta = new Eta({
    views: VIEWS,
    cache: true,
    escapeFunction: (value) => escapeHtml(String(value)),
    plugins: [{ processFnString: (code) => includeAsGiven(code) }],
  })
  const inViews = eta.resolvePath
  const found = new Map<string, string>()
  // A page includes some forty templates, each of which eta would look for anew.
  eta.resolvePath = (template, options) => {
    const known = found.get(template)
    if (known !== undefined) return known
    const path = template.startsWith('examples/')
      ? join(ROOT, template.endsWith('.eta') ? template : `${template}.eta`)
      : inViews.call(eta, template, options)
    const isRelative = options?.filepath !== undefined && !template.startsWith('/')
    if (!isRelative) found.set(template, path)
    return path
  }
  return eta
}

function includeAsGiven(code: string): string {
  if (!code.includes(INCLUDE)) throw new Error('this version of eta includes templates in another way')
  return code.replace(INCLUDE, () => INCLUDE_AS_GIVEN)
}

/**
 * Renders parts of pages that are the same for everyone once.
 * @returns a function for templates; the content must have few forms, since each is kept
 */
function fixedParts(eta: Eta): (template: string, content?: object) => string {
  const known = new Map<string, string>()
  return (template, content = {}) => {
    const key = `${template} ${JSON.stringify(content)}`
    const html = known.get(key) ?? flat(eta.render(template, content))
    known.set(key, html)
    return html
  }
}

export const pages = fp(async (app: FastifyInstance, { assets }: { assets: Assets }) => {
  const eta = openTemplates()
  const shared = {
    asset: (name: string) => assets.url(name),
    fixed: fixedParts(eta),
    ...{ avatarOf, largeAvatarOf, personName },
  }
  await app.register(view, {
    engine: { eta },
    root: VIEWS,
    viewExt: 'eta',
    production: true,
    defaultContext: shared,
  })
  app.decorate('fragment', (template, content) => eta.render(template, { ...shared, ...content }))
  app.decorateRequest('identity', null)
  app.decorateReply('page', function (this: FastifyReply, template, content) {
    this.header('cache-control', 'no-store')
    return this.view(template, {
      user: this.request.identity?.user ?? null,
      csrf: this.request.identity ? this.csrfToken() : null,
      path: this.request.url,
      saved: takeSaved(this),
      ...content,
    })
  })
})
