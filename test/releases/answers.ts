/** What a server says about data that a release made, in the parts of the contract that every later version keeps. */

/** The one that the releases' cookies are signed with. */
export const SECRET = 'a secret that only these releases share'

export interface Answers {
  /** A signed-in person's cookie header. */
  readonly cookies: readonly string[]
  /** Of each room its messages, in rising `seq`. */
  readonly rooms: Readonly<Record<string, readonly Message[]>>
  /** Of each room's sheet, and as `own:N` of the own sheet of the Nth person, its lines. */
  readonly sheets: Readonly<Record<string, readonly Line[]>>
}

export type Message = Readonly<Record<'seq' | 'rev' | 'id' | 'sender' | 'message' | 'at', unknown>>
export type Line = Readonly<
  Record<'seq' | 'id' | 'sender' | 'expression' | 'text' | 'result' | 'at', unknown>
>

export async function answersOf(
  address: string,
  cookies: readonly string[],
  slugs: readonly string[],
): Promise<Answers> {
  const [first = ''] = cookies
  const rooms: Record<string, Message[]> = {}
  const sheets: Record<string, Line[]> = {}
  for (const slug of slugs) {
    rooms[slug] = await messagesOf(address, first, slug)
    sheets[slug] = await linesOf(address, first, `/ws/calculator/${slug}`)
  }
  for (const [index, cookie] of cookies.entries())
    sheets[`own:${index}`] = await linesOf(address, cookie, '/ws/calculator')
  return { cookies, rooms, sheets }
}

async function messagesOf(address: string, cookie: string, slug: string): Promise<Message[]> {
  const found: Message[] = []
  for (let more = true; more; ) {
    const after = found.at(-1)?.seq ?? 0
    const response = await fetch(`${address}/api/rooms/${slug}/messages?after=${after}&limit=200`, {
      headers: { cookie },
    })
    const page: { messages: Message[]; more: boolean } = await response.json()
    for (const { seq, rev, id, sender, message, at } of page.messages)
      found.push({ seq, rev, id, sender, message, at })
    more = page.more
  }
  return found
}

/** All lines since the beginning: a socket that names the place before the first gets them. */
function linesOf(address: string, cookie: string, path: string): Promise<Line[]> {
  return new Promise((resolve, reject) => {
    // Node's own WebSocket takes headers as well, which the browser's type does not know.
    const options: object = { headers: { cookie } }
    const socket = new WebSocket(`${address.replace('http', 'ws')}${path}?since=0`, options as string[])
    const found: Line[] = []
    let rev = Number.POSITIVE_INFINITY
    let seen = 0
    const look = () => {
      if (seen < rev) return
      socket.close()
      resolve(found.sort((a, b) => Number(a.seq) - Number(b.seq)))
    }
    socket.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(String(data))
      if (frame.type === 'welcome') rev = frame.rev
      const { seq, id, sender, expression, text, result, at } = frame
      if (frame.type === 'result') found.push({ seq, id, sender, expression, text, result, at })
      if (frame.type === 'result') seen = frame.rev
      look()
    })
    socket.addEventListener('close', ({ code }) => reject(new Error(`${path} was closed with ${code}`)))
  })
}
