/** Marks, zero-width characters and direction controls: unseen, they could make a line read as another one. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{M}\u115f\u1160\u3164\uffa0]/u

/** Says of a character that is part of no token what to write instead. */
export function unreadable(point: string): string {
  if (UNSEEN.test(point)) return 'There is an invisible character here. Delete it.'
  if (point === '{' || point === '}') return 'Use parentheses ( ) instead of braces.'
  if (point === '.') return 'A digit is missing next to this point.'
  if (point === '\\') return 'To divide write / or ÷, and for whole numbers div: 17 div 5.'
  if (point === '#') return 'Write // before a comment. A heading begins with #.'
  const shown = /^[\ud800-\udfff]$/.test(point) ? '\ufffd' : point
  return `I can't read \`${shown}\` here. Leave it out, or write // before a comment.`
}
