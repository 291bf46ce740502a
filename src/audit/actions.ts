/**
 * All actions in the audit log, with their names for people. A feature that does something worth recording adds it here; entries
 * with existing actions are kept, so none is ever removed.
 */
export const ACTIONS = {
  'account.add': 'Account created',
  'account.deactivate': 'Account deactivated',
  'account.reactivate': 'Account reactivated',
  'account.delete': 'Account deleted',
  'administrator.make': 'Administrator role given',
  'administrator.remove': 'Administrator role removed',
  'password.link': 'Password link created',
  'password.reset': 'Password reset',
  'sessions.end': 'Sessions ended',
  'keys.revoke': 'API keys revoked',
  'bot.add': 'Bot created',
  'bot.key': 'New key for a bot',
  'bot.end': 'Bot deleted',
  'room.archive': 'Room archived',
  'room.unarchive': 'Room unarchived',
  'room.delete': 'Room deleted',
  'room.rename': 'Room renamed',
  'message.delete': 'Somebody else’s message deleted',
  'member.mute': 'Person muted in a room',
  'member.unmute': 'Person unmuted in a room',
  'member.remove': 'Person removed from a room',
  'member.readmit': 'Removed person added to a room again',
  'invitation.make': 'Invitation created',
  'ban.add': 'Address banned',
  'ban.end': 'Ban ended',
  'invitation.end': 'Invitation ended',
  'hook.add': 'Hook created',
  'hook.delete': 'Hook deleted',
  'sign-up.change': 'Sign-up changed',
  'connection.close': 'Connection closed',
  'message.say': 'Message posted by a command',
  'message.pin': 'Message pinned in a room',
  'message.unpin': 'Message unpinned in a room',
  'notification.push': 'Notification sent by a command',
  'jobs.retry': 'Failed jobs retried',
  'data.backup': 'Backup made',
  'data.restore': 'Backup restored',
  'data.move': 'Everything moved to another database',
} as const

/** Actions that anybody can take in rooms of their own, as often as they like. */
export const ACTIONS_IN_ROOMS: readonly string[] = Object.keys(ACTIONS).filter((action) =>
  /^(member|invitation|hook)\.|^room\.((un)?archive|rename)$|^message\.delete$/.test(action),
)

/**
 * Actions that administrators may take on private rooms without being in them. Naming the administrator gives nothing away about
 * who is in the room.
 */
export const ACTIONS_FROM_OUTSIDE: readonly string[] = [
  'room.archive',
  'room.unarchive',
  'room.delete',
  'invitation.end',
] satisfies readonly (keyof typeof ACTIONS)[]

export type AuditAction = keyof typeof ACTIONS

/** The name of an action for people. @param action as it is stored */
export function actionName(action: string): string {
  const names: Readonly<Record<string, string>> = ACTIONS
  return Object.hasOwn(names, action) ? (names[action] ?? action) : action
}
