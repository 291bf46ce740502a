/**
 * A path of this site to send a person to, from a field that anyone may have written.
 * @returns `/` for everything that could lead elsewhere (`//evil.example`, `/\evil.example`, `javascript:…`)
 */
export function localPath(path: string | undefined): string {
  if (!path?.startsWith('/')) return '/'
  const url = URL.parse(path, 'http://localhost')
  if (url?.origin !== 'http://localhost') return '/'
  const local = url.pathname + url.search
  return local.startsWith('//') ? '/' : local
}
