import sharp from 'sharp'
import type { Answer, Visitor } from './visitor.ts'

/** A photo as a telephone makes it, which is upright only by its metadata, with the place and the camera. */
export async function photo({
  width = 400,
  height = 300,
  colour = '#c03020',
} = {}): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await sharp({ create: { width, height, channels: 3, background: colour } })
    .jpeg()
    .withMetadata({ orientation: 6 })
    .withExifMerge({ IFD0: { Make: 'Camera of Ada' }, IFD3: { GPSLatitude: '52/1 30/1 0/1' } })
    .toBuffer()
  return new Uint8Array(bytes)
}

/** Sends a picture as the form at `/account` does. @param file undefined: none was chosen */
export async function sendPicture(
  visitor: Visitor,
  file: Uint8Array<ArrayBuffer> | undefined,
  fields: Record<string, string> = {},
): Promise<Answer> {
  const form = new FormData()
  form.set('_csrf', fields._csrf ?? (await visitor.token('/account')))
  form.set('picture', new Blob(file ? [file] : [], { type: 'image/jpeg' }), file ? 'me.jpg' : '')
  const request = new Response(form)
  const headers = { 'content-type': request.headers.get('content-type') ?? '' }
  return visitor.request('POST', '/account/picture', await request.bytes(), headers)
}

/** The picture at an address, as this person gets it. */
export async function loadPicture(
  visitor: Visitor,
  path: string,
): Promise<{ readonly status: number; readonly headers: Headers; readonly content: Buffer }> {
  const headers = { cookie: visitor.cookie }
  const response = await fetch(visitor.address + path, { headers, redirect: 'manual' })
  return { status: response.status, headers: response.headers, content: Buffer.from(await response.bytes()) }
}

/** The addresses of pictures on a page or in a part of it. */
export function pictureAddresses({ text }: Pick<Answer, 'text'>): string[] {
  const found = [...text.matchAll(/<img src="(\/people\/[^"]+)"/g)]
  return found.map(([, address = '']) => address.replaceAll('&amp;', '&'))
}
