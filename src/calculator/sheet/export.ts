import { csvCell } from '../../text/csv.ts'
import type { Line } from './line.ts'

/** A sheet as a file. */
export interface ExportFormat {
  readonly type: string
  readonly extension: 'csv' | 'md'
  readonly beginning: string
  line(line: Line): string
}

/** Comma-separated values, for spreadsheets. */
export const csv: ExportFormat = {
  type: 'text/csv; charset=utf-8',
  extension: 'csv',
  beginning: 'line,value,error\r\n',
  line: ({ expression, text, error }) =>
    `${[expression, error === null ? text : '', messageOf(error)].map(csvCell).join(',')}\r\n`,
}

/** Markdown: headings, comments as quotes, and lines with their values in tables. */
export const markdown: ExportFormat = {
  type: 'text/markdown; charset=utf-8',
  extension: 'md',
  beginning: '',
  line: ({ kind, expression, text, error }) => {
    if (kind === 'heading') {
      const [signs = '#'] = /#+/.exec(expression) ?? []
      // The sheet's own name stands above all of them.
      const level = '#'.repeat(Math.min(6, signs.length + 1))
      return `\n${level} ${escapeMarkdown(expression.replace(/^\s*#+\s*/, ''))}\n\n`
    }
    if (kind === 'comment') return `\n> ${escapeMarkdown(expression.replace(/^\s*\/\/\s*/, ''))}\n\n`
    if (kind === 'blank') return '\n'
    const value =
      error === null
        ? text === ''
          ? ''
          : ` = **${escapeMarkdown(text)}**`
        : ` — ${escapeMarkdown(messageOf(error))}`
    return `- ${codeSpan(expression)}${value}\n`
  },
}

/** Longer than any run of backticks in it. */
function codeSpan(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 ? ' ' : ''
  return fence + pad + text + pad + fence
}

/** For a text that stands behind something else on its line, where a number or a dash begins no list. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>#|~]/g, '\\$&').replace(/&/g, '&amp;')
}

function messageOf(error: string | null): string {
  if (error === null) return ''
  const found: unknown = JSON.parse(error)
  const message: unknown =
    typeof found === 'object' && found !== null ? Reflect.get(found, 'message') : undefined
  return typeof message === 'string' ? message : ''
}
