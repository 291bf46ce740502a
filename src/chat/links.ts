import { LinkifyIt } from 'linkify-it'

const links = new LinkifyIt().add('ftp:', null).add('//', null)

/** A text as HTML with its links made into links; undefined where that is no more than the escaped text. */
export function linkedHtml(text: string): string | undefined {
  const matches = links.match(text)
  if (!matches) return undefined
  let html = ''
  let end = 0
  for (const match of matches) {
    html += escapeHtml(text.slice(end, match.index))
    html += `<a href="${escapeHtml(match.url)}" target="_blank" rel="noopener noreferrer nofollow ugc">${escapeHtml(match.text)}</a>`
    end = match.lastIndex
  }
  return html + escapeHtml(text.slice(end))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
