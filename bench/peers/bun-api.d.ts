/** The parts of Bun that `bun.ts` uses. */
declare module 'bun:sqlite' {
  export class Database {
    constructor(path: string)
    run(sql: string): unknown
    query(sql: string): { run(...values: (string | number)[]): unknown }
  }
}

interface BunSocket<Data> {
  readonly data: Data
  send(text: string): void
  subscribe(topic: string): void
}

interface BunServer<Data> {
  upgrade(request: Request, options: { data: Data }): boolean
  /** Sends to all who have subscribed to the topic. */
  publish(topic: string, text: string): void
}

declare const Bun: {
  serve<Data>(options: {
    hostname: string
    port: number
    fetch(request: Request, server: BunServer<Data>): Response | undefined
    websocket: {
      perMessageDeflate: boolean
      open(socket: BunSocket<Data>): void
      message(socket: BunSocket<Data>, content: string | Buffer): void
    }
  }): BunServer<Data>
  randomUUIDv7(): string
}
