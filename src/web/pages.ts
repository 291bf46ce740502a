import { join } from 'node:path'
import { Eta } from 'eta'
import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import type { Identity } from '../channels/index.ts'
import { escapeHtml } from '../text/html.ts'
import type { Assets } from './assets.ts'
import { avatarOf, largeAvatarOf, personName } from './presentation.ts'
import { VIEWS } from './templates.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The person who is signed in; null for a visitor. */
    identity: Identity | null
  }
  interface FastifyInstance {
    /** Renders a template of `views/` that is a part of pages, with `asset`, `avatarOf` and `personName`. */
    fragment(template: string, content: object): string
  }
  interface FastifyReply {
    /**
     * Renders a template of `views/` with what all pages share: `user`, `csrf`, `path`, `asset`, `avatarOf` and `personName`.
     * @param content must have a `title`; a form for visitors also brings its own `csrf`
     */
    page(template: string, content: { title: string } & Record<string, unknown>): FastifyReply
  }
}

const ROOT = join(import.meta.dirname, '../..')

/** Finds templates in `views/`, and those of `examples/` beside the code that they belong to. */
function openTemplates(): Eta {
  const eta = new Eta({ views: VIEWS, cache: true, escapeFunction: (value) => escapeHtml(String(value)) })
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

export const pages = fp(async (app: FastifyInstance, { assets }: { assets: Assets }) => {
  const eta = openTemplates()
  const shared = { asset: (name: string) => assets.url(name), avatarOf, largeAvatarOf, personName }
  app.decorate('fragment', (template, content) => eta.render(template, { ...shared, ...content }))
  app.decorateRequest('identity', null)
  app.decorateReply('page', function (this: FastifyReply, template, content) {
    this.header('cache-control', 'no-store')
    const html = eta.render(template, {
      ...shared,
      user: this.request.identity?.user ?? null,
      csrf: this.request.identity ? this.csrfToken() : null,
      path: this.request.url,
      ...content,
    })
    return this.type('text/html; charset=utf-8').send(html)
  })
})
