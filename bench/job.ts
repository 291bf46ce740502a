/** The messages between the bench and its load generator, which is a process of its own. */

export interface Room {
  readonly name: string
  /** Indices into the job's people; the first of them are those who talk. */
  readonly members: readonly number[]
}

/** Connects people to the rooms of a server that runs on one or more ports. */
export interface ConnectJob {
  readonly kind: 'connect'
  readonly dialect: 'plain' | 'socket.io'
  /** Members are dealt out to them in turn. */
  readonly ports: readonly number[]
  /** `chat`: what one says all members hear. `calculator`: each has a sheet of their own. */
  readonly feature: 'chat' | 'calculator'
  readonly people: readonly Person[]
  readonly rooms: readonly Room[]
  /** Of each room, at most. */
  readonly talkers: number
}

export interface Person {
  readonly name: string
  /** Of a session, where the server has such. */
  readonly cookie: string
}

/** Lets the first members of each room talk. */
export interface TalkJob {
  readonly kind: 'talk'
  /** The number of talkers in each room. */
  readonly talkers: number
  /** Messages a second of all together, on time whatever comes back; 0: each says the next when their own copy is back. */
  readonly rate: number
  /** Milliseconds before counting begins, and of counting. */
  readonly warmUp: number
  readonly duration: number
  /** Processes of the server. */
  readonly pids: readonly number[]
}

/** Asks for a page over and over. */
export interface PageJob {
  readonly kind: 'page'
  readonly port: number
  readonly path: string
  readonly cookie: string
  readonly connections: number
  /** Text that each answer must contain. */
  readonly expect: string
  readonly warmUp: number
  readonly duration: number
  readonly pids: readonly number[]
}

export type Job = ConnectJob | TalkJob | PageJob

export interface Connected {
  readonly sockets: number
}

export interface Talked {
  /** Messages that arrived at a member, a second. */
  readonly deliveries: number
  /** Messages said, a second. */
  readonly messages: number
  /** Milliseconds from when a message was due: open loop, at every member; closed loop, back at its sender. */
  readonly p50: number
  readonly p99: number
  readonly faults: Faults
  readonly load: LoadShares
}

/** The processor use during the measurement, in cores. */
export interface LoadShares {
  /** Over 0.9 the figures are a lower bound. */
  readonly generator: number
  /** Of all processes of the server; undefined where the system does not say. */
  readonly server: number | undefined
  /** That part of it which the kernel used. */
  readonly serverKernel: number | undefined
}

/** Counts of things that should not have happened. */
export interface Faults {
  /** Messages that had not reached a member when nothing more came, for all members. */
  readonly missing: number
  readonly doubled: number
  /** Later than one that the same sender said after it. */
  readonly disordered: number
  /** Members who saw the messages of a room in another order than the first who saw them. */
  readonly otherOrder: number
  /** Frames that said that something is wrong, or held another answer than the right one. */
  readonly errors: number
  readonly closed: number
}

export interface Paged {
  readonly pages: number
  readonly p50: number
  readonly p99: number
  readonly errors: number
  readonly load: LoadShares
}

export type Answer = Connected | Talked | Paged
