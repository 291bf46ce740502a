import type { Guide, GuideTopic } from './guide.ts'
import type { WritingTopic } from './writings.ts'

/** The lines of `docs/calculator.md` between which the guide is inserted. */
export const BEGINNING = '<!-- What one can type: written by `npm run guide`. -->'
export const END = '<!-- The end of what `npm run guide` writes. -->'

/** Returns a document with the guide inserted between its two marks. @throws where a mark is missing */
export function withGuide(document: string, guide: Guide): string {
  const from = document.indexOf(BEGINNING)
  const to = document.indexOf(END)
  if (from < 0 || to < from) throw new Error('the marks between which the guide stands are missing')
  return `${document.slice(0, from + BEGINNING.length)}\n\n${markdown(guide)}\n${document.slice(to)}`
}

/** Returns the guide as Markdown. */
export function markdown({ writings, functions, units, constants }: Guide): string {
  return [
    ...writings.flatMap(writingTopic),
    '### Functions\n',
    ...functions.flatMap(functionTopic),
    '### Units\n',
    ...units.flatMap(unitTopic),
    '### Constants\n',
    ...constants.flatMap(constantTopic),
  ].join('\n')
}

function writingTopic({ heading, writings }: WritingTopic): string[] {
  return [
    `### ${heading}\n`,
    table(
      ['', 'example', 'result'],
      writings.map(({ what, examples }) => [
        what,
        examples.map(({ lines }) => lines.map(code).join(' then ')).join('<br>'),
        examples.map(({ text }) => (text === '' ? 'no value' : code(text))).join('<br>'),
      ]),
    ),
  ]
}

function functionTopic({ heading, entries }: GuideTopic): string[] {
  return [
    `#### ${heading}\n`,
    table(
      ['function', '', 'example', 'result'],
      entries.map(({ typed, also, description, example }) => [
        code(typed),
        `${description}${alsoCalled(also)}`,
        example ? code(example.expression) : '',
        example ? code(example.text) : '',
      ]),
    ),
  ]
}

function unitTopic({ heading, entries }: GuideTopic): string[] {
  return [
    `#### ${heading}\n`,
    table(
      ['unit', 'other names', '', 'source'],
      entries.map(({ typed, also, description, source = '' }) => [
        code(typed),
        also.map(code).join(', '),
        description,
        source,
      ]),
    ),
  ]
}

function constantTopic({ heading, entries }: GuideTopic): string[] {
  return [
    `#### ${heading}\n`,
    table(
      ['constant', '', 'value', 'source'],
      entries.map(({ typed, also, description, example, source = '' }) => [
        [typed, ...also].map(code).join(', '),
        description,
        example ? code(example.text) : '',
        source,
      ]),
    ),
  ]
}

const alsoCalled = (names: readonly string[]): string =>
  names.length === 0 ? '' : ` Also ${names.map(code).join(', ')}.`

/** A backtick in code needs two around it; a bar would end the cell. */
function code(text: string): string {
  const escaped = text.replaceAll('|', '\\|')
  return escaped.includes('`') ? `\`\` ${escaped} \`\`` : `\`${escaped}\``
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return `${[line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}
