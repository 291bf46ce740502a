/**
 * The address to which a settings form leads when what it changes is stored: its page says so behind the form.
 * @param page without a query
 * @param form the name by which `views/` knows the form
 * @param heading the id at which the page opens; left out: at its top
 */
export function savedAddress(page: string, form: string, heading?: string): string {
  return `${page}?saved=${form}${heading === undefined ? '' : `#${heading}`}`
}

/** The name of the form that was just saved; null: none was. @param url of a request */
export function savedForm(url: string): string | null {
  const start = url.indexOf('?')
  return start < 0 ? null : new URLSearchParams(url.slice(start)).get('saved')
}
