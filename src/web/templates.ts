import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Plugin } from 'esbuild'
import { Eta } from 'eta'

/** The project's folder, and that of its templates. */
const ROOT = join(import.meta.dirname, '../..')
export const VIEWS = join(ROOT, 'views')

/** The first line of a template that the browser renders too. */
const DECLARATION = /^\/\* it: (\w+), from (\S+) \*\/\s*$/
const INCLUDE = /\binclude\('\/([\w/-]+)', /g

const eta = new Eta()

/**
 * Lets the browser's code import a template: `import renderMessage from '#views/chat/message.eta'` is a function from the
 * template's content to its HTML. It is compiled here, so that no code is made from strings in the browser.
 */
export const templates: Plugin = {
  name: 'templates',
  setup(build) {
    build.onResolve({ filter: /^#views\/.+\.eta$/ }, ({ path }) => ({
      path: join(VIEWS, path.slice('#views/'.length)),
    }))
    build.onLoad({ filter: /\.eta$/ }, ({ path }) => ({
      contents: compileTemplate(relative(VIEWS, path)),
      loader: 'ts',
      resolveDir: dirname(path),
    }))
  },
}

/** Tells whether the browser renders this template too: its first line then names the type of its content. */
export function isShared(template: string): boolean {
  return declarationOf(eta.parse(read(template))) !== null
}

/**
 * A template as a TypeScript module, in which `tsc` checks each field that the template uses.
 * @param template its path in `views/`; modules stand as deep as that, and import from there
 * @throws for a template that does not name its type, or that chooses at run time what it includes
 */
export function compileTemplate(template: string): string {
  const nodes = eta.parse(read(template))
  const declaration = declarationOf(nodes)
  if (!declaration) {
    throw new Error(
      `views/${template} has no type: begin it with <% /* it: TYPE, from src/FEATURE/presentation.ts */ %>`,
    )
  }
  const [, type = '', source = ''] = declaration
  const toRoot = relative(dirname(join(VIEWS, template)), ROOT)
  const imports = new Set([
    `import { escapeHtml } from '${toRoot}/src/text/html.ts'`,
    `import type { ${type} } from '${toRoot}/${source}'`,
  ])
  const body = nodes.map((node) => {
    if (typeof node === 'string') return `html += '${node}';`
    const code = node.val.replace(INCLUDE, (_, included: string) => {
      imports.add(`import ${nameOf(included)} from '#views/${included}.eta'`)
      return `${nameOf(included)}(`
    })
    if (/\binclude\(/.test(code))
      throw new Error(`views/${template} includes something other than '/a/template', it`)
    if (node.t === 'e') return code
    return node.t === 'r' ? `html += ${code};` : `html += escapeHtml(${code});`
  })
  return [
    `// Made from views/${template}.`,
    ...imports,
    `export default function render(it: ${type}): string {`,
    `let html = ''`,
    ...body,
    'return html',
    '}',
    '',
  ].join('\n')
}

function read(template: string): string {
  return readFileSync(join(VIEWS, template), 'utf8')
}

function declarationOf([first]: ReturnType<Eta['parse']>): RegExpExecArray | null {
  return typeof first === 'object' && first.t === 'e' ? DECLARATION.exec(first.val) : null
}

/** `web/avatar` as a name in a program. */
function nameOf(template: string): string {
  return template.replaceAll(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())
}
