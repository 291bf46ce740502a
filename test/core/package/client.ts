import { RoomClient, type RoomMessage, type SocketState } from 'partyline-client'

const said: RoomMessage[] = []
const room = new RoomClient({
  server: 'https://chat.example.com',
  room: 'lobby',
  user: 'ada',
  token: async () => 'token',
  onMessage: (message) => said.push(message),
  onState: (state: SocketState) => {
    const code: number | undefined = state.kind === 'stopped' ? state.code : undefined
    // @ts-expect-error: there is no such state.
    const isAway: boolean = state.kind === 'away'
    console.log(code, isAway)
  },
})
const isTaken: boolean = room.say('hello', { seq: 1, sender: 'bob', excerpt: 'hi' })
// @ts-expect-error: what is said is a text.
room.say(isTaken)
