import { v7 } from 'uuid'

/** Says a line with its value in the room's talk. @returns what became of it */
export async function postToTalk(room: string, message: string): Promise<string> {
  const token = document.querySelector<HTMLInputElement>('input[name="_csrf"]')?.value ?? ''
  try {
    const answer = await fetch(`/api/rooms/${room}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': token },
      body: JSON.stringify({ message, id: v7() }),
    })
    return answer.ok ? 'Posted to the talk' : 'This could not be posted. Try again in a moment.'
  } catch {
    return 'There is no connection: this was not posted.'
  }
}
