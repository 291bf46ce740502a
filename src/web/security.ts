import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import helmet from 'helmet'

/**
 * Headers of every response. Scripts and styles come from our own files alone: nothing inline, nothing from elsewhere.
 * helmet's defaults are not used: they allow inline styles, and ask a browser to upgrade plain http, which breaks it.
 */
export const security = fp(async (app: FastifyInstance) => {
  // `@fastify/helmet` reads the policy anew for each request.
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'"],
        'font-src': ["'self'"],
        'manifest-src': ["'self'"],
        // Safari does not match 'self' to ws:, so the origin is named.
        'connect-src': ["'self'", (request) => socketOrigins(request.headers.host)],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
        'base-uri': ["'none'"],
        // Text becomes elements in one place of the browser's code (src/browser/live/html.ts), and nowhere else.
        'require-trusted-types-for': ["'script'"],
        'trusted-types': ['partyline'],
      },
    },
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
    // Whether a name is served by TLS alone, for years, is for whoever runs the proxy to say.
    strictTransportSecurity: false,
  })
  app.addHook('onRequest', (request, reply, done) => {
    // Answers for one person are never cached; pages set this header themselves.
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store')
    setHeaders(request.raw, reply.raw, (error) => done(error instanceof Error ? error : undefined))
  })
})

/** A Host header is what a client likes to write: only what a host can look like goes into a policy. */
function socketOrigins(host: string | undefined): string {
  return host && /^[A-Za-z0-9.\-:[\]]+$/.test(host) ? `ws://${host} wss://${host}` : "'self'"
}
