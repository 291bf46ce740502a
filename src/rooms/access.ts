/** The kinds of room: everyone may come, only members, and always the same people. */
export type Kind = 'open' | 'private' | 'direct'

/** A person's relation to a room. */
export type Standing = 'none' | 'member' | 'owner' | 'barred'

/** The levels of notification that a person can choose for a room. */
export const LEVELS = ['everything', 'mentions', 'nothing'] as const
export type Level = (typeof LEVELS)[number]

/** Everything that determines what a person may do in a room. */
export interface Access {
  readonly kind: Kind
  readonly archived: boolean
  readonly standing: Standing
  /** Until when the person may change nothing in the room, in ISO 8601; null: they are not muted. A time that is over counts for nothing. */
  readonly mutedUntil: string | null
  /** True if the person is an administrator. */
  readonly administrator: boolean
}

/** Decides about one action. */
type Rule = (access: Access) => boolean

const isMember: Rule = ({ standing }) => standing === 'member' || standing === 'owner'

/** True for people who run the room: its owner, and administrators in open rooms and in those that they are a member of. */
const runs: Rule = (access) => {
  const { administrator, kind, standing } = access
  if (kind === 'direct') return false
  return standing === 'owner' || (administrator && (kind === 'open' || isMember(access)))
}

const sees: Rule = (access) => access.standing !== 'barred' && (access.kind === 'open' || isMember(access))

/** Tells whether a person is muted in a room now. Nobody is who runs it: they could end that themselves. */
export function isMuted(access: Access): boolean {
  return access.mutedUntil !== null && access.mutedUntil > new Date().toISOString() && !runs(access)
}

const rules = {
  /** To read it, and to follow it. Someone who may not, and is not barred, cannot tell it from a room that does not exist. */
  see: sees,
  /** To see its settings: administrators also do where they were removed, to add themselves again. */
  know: (access) => sees(access) || runs(access),
  /** To become a member by opening it. */
  enter: (access) => sees(access) && access.kind === 'open' && !access.archived,
  /** To say something, and to change what stands there. */
  speak: (access) => sees(access) && !access.archived && !isMuted(access),
  /** To delete what others said. */
  moderate: (access) => sees(access) && !access.archived && runs(access),
  /** To pin messages: in a room that everyone may come to those who run it, among members any of them. */
  pin: (access) =>
    sees(access) &&
    !access.archived &&
    !isMuted(access) &&
    (runs(access) || (access.kind !== 'open' && isMember(access))),
  /** To change its name and description. */
  configure: (access) => !access.archived && runs(access),
  /** To mute and remove people, and to archive it and bring it back. */
  administer: runs,
  /** To add people. Only those who administer the room add someone who was removed. */
  add: (access) =>
    !access.archived && !isMuted(access) && (runs(access) || (access.kind === 'private' && isMember(access))),
  /** To see its invitation, and to renew and end it. */
  invite: (access) =>
    !access.archived && !isMuted(access) && access.kind !== 'direct' && (runs(access) || isMember(access)),
  /** The same where only those may who run a room (`INVITATIONS=owners`). */
  inviteAsOwner: (access) => !access.archived && runs(access),
} satisfies Record<string, Rule>

export type Action = keyof typeof rules

/** Decides whether a person may do something in a room. It is the one place that does. */
export function may(access: Access, action: Action): boolean {
  return rules[action](access)
}
