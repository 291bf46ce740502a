import type { FastifyInstance } from 'fastify'

/** All routes of a server, such as `GET /rooms`. */
export function routesOf(app: FastifyInstance): string[] {
  const tree = app.printRoutes({ commonPrefix: false })
  const path: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] = /^([│├└─ ]*)(\S+) \(([^)]*)\)$/.exec(line) ?? []
    if (!part) return []
    const depth = indent.length / 4
    path.splice(depth - 1, path.length, part)
    const address = path.join('').replace(/^\/\//, '/')
    return methods
      .split(', ')
      .filter((method) => method !== 'HEAD')
      .map((method) => `${method} ${address}`)
  })
}
