import type { Token } from 'markdown-it'

/** The languages of code blocks: each name that may follow the fence, beside the language's name in highlight.js. */
const LANGUAGES: Readonly<Record<string, string>> = {
  bash: 'bash sh shell zsh',
  c: 'c h',
  cpp: 'cpp c++ cc cxx hpp',
  csharp: 'csharp c# cs',
  css: 'css',
  diff: 'diff patch',
  dockerfile: 'dockerfile docker',
  elixir: 'elixir ex exs',
  go: 'go golang',
  graphql: 'graphql gql',
  haskell: 'haskell hs',
  http: 'http',
  ini: 'ini toml',
  java: 'java',
  javascript: 'javascript js jsx mjs cjs',
  json: 'json json5 jsonc',
  julia: 'julia jl',
  kotlin: 'kotlin kt kts',
  latex: 'latex tex',
  lua: 'lua',
  makefile: 'makefile make mk',
  markdown: 'markdown md',
  matlab: 'matlab octave',
  nginx: 'nginx',
  perl: 'perl pl',
  php: 'php',
  plaintext: 'plaintext text txt',
  powershell: 'powershell ps1 pwsh',
  python: 'python py python3 py3',
  r: 'r',
  ruby: 'ruby rb',
  rust: 'rust rs',
  scala: 'scala',
  scss: 'scss sass',
  sql: 'sql postgres postgresql psql sqlite mysql',
  swift: 'swift',
  typescript: 'typescript ts tsx mts cts',
  xml: 'xml html svg xhtml',
  yaml: 'yaml yml',
}

const languageByName = new Map(
  Object.entries(LANGUAGES).flatMap(([language, names]) => names.split(' ').map((name) => [name, language])),
)

/** Code in a message. */
export interface Code {
  /** Without a line's end behind it. */
  readonly code: string
  /** As highlight.js calls it; undefined: none was named. */
  readonly language: string | undefined
}

/**
 * The code of a block. The text after its opening marks is the language if it names one, and otherwise the first line of the
 * code: in other chats, code may begin right after the marks.
 */
export function codeOf({ content, info, markup, type }: Token): Code {
  if (type === 'code_block') return { code: withoutEnd(content), language: undefined }
  const language = languageByName.get(info.trim().toLowerCase())
  const first = language === undefined && info.trim() !== '' ? `${info}\n` : ''
  const code = first + content
  // A block without an end of its own reaches to the end of the text, where no line ends.
  return { code: withoutEnd(code.endsWith(markup) ? code.slice(0, -markup.length) : code), language }
}

function withoutEnd(code: string): string {
  return code.endsWith('\n') ? code.slice(0, -1) : code
}
