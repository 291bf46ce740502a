import type { Token } from 'markdown-it'
import { codeOf } from './code.ts'

/** Markdown's tokens as text without marks, with an end of a line behind each block. */
export function tokensAsText(tokens: readonly Token[]): string {
  return tokens.map(blockText).join('').trim()
}

function blockText(token: Token): string {
  switch (token.type) {
    case 'inline':
      return (token.children ?? []).map(pieceText).join('')
    case 'fence':
    case 'code_block':
      return `${codeOf(token).code}\n`
    case 'paragraph_close':
    case 'heading_close':
    case 'tr_close':
      return '\n'
    case 'th_close':
    case 'td_close':
      return ' '
    default:
      return ''
  }
}

function pieceText({ children, content, type }: Token): string {
  if (type === 'image') return (children ?? []).map(pieceText).join('')
  return type.endsWith('break') ? '\n' : content
}
