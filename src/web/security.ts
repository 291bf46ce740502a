import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import helmet from 'helmet'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True if pages of our own may show this one in a frame. */
    readonly isFramed?: boolean
  }
}

/**
 * Headers of every response. Scripts and styles come from our own files alone: nothing inline, nothing from elsewhere.
 * helmet's defaults are not used: they allow inline styles, and ask a browser to upgrade plain http, which breaks it.
 */
export const security = fp(async (app: FastifyInstance) => {
  const setHeaders = headersOf({ framedBy: 'none' })
  const setHeadersOfFramed = headersOf({ framedBy: 'self' })
  app.addHook('onRequest', (request, reply, done) => {
    // Answers for one person are never cached; pages set this header themselves.
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store')
    const set = request.routeOptions.config.isFramed ? setHeadersOfFramed : setHeaders
    set(request.raw, reply.raw, (error) => done(error instanceof Error ? error : undefined))
  })
})

/** `@fastify/helmet` would read the policy anew for each request. @param framedBy which pages may show this one in a frame */
function headersOf({ framedBy }: { readonly framedBy: 'none' | 'self' }): ReturnType<typeof helmet> {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'"],
        'media-src': ["'self'"],
        'font-src': ["'self'"],
        'manifest-src': ["'self'"],
        // Safari does not match 'self' to ws:, so the origin is named.
        'connect-src': ["'self'", (request) => socketOrigins(request.headers.host)],
        'form-action': ["'self'"],
        'frame-src': ["'self'"],
        'frame-ancestors': [`'${framedBy}'`],
        'base-uri': ["'none'"],
        // Text becomes elements in one place of the browser's code (src/browser/live/html.ts), and nowhere else. What is pasted is
        // parsed into a document that is never shown (src/browser/live/inert-document.ts).
        'require-trusted-types-for': ["'script'"],
        'trusted-types': ['partyline', 'partyline-inert'],
      },
    },
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: framedBy === 'none' ? 'deny' : 'sameorigin' },
    // It is up to the operator of the proxy to promise, for years, that a name is served by TLS alone.
    strictTransportSecurity: false,
  })
}

/** A Host header is what a client likes to write: only what a host can look like goes into a policy. */
function socketOrigins(host: string | undefined): string {
  return host && /^[A-Za-z0-9.\-:[\]]+$/.test(host) ? `ws://${host} wss://${host}` : "'self'"
}
