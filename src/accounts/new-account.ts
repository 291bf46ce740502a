import { USERNAME } from '../text/username.ts'
import { displayName, displayNameFault } from './display-names.ts'
import type { NewAccount } from './users.ts'

/** The fields of a sign-up form. Programs send a username alone, without a display name, and that is enough. */
export interface SignUpFields {
  readonly name?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/** @returns the account that is asked for, or what is wrong with the form, in words for the person who filled it in */
export function readNewAccount({
  name = '',
  username = '',
  password = '',
}: SignUpFields): NewAccount | string {
  const isNamed = name.trim() !== ''
  if (!isNamed && username === '') return 'Enter your name.'
  // Whether it is reserved is found out with the rest that only the database knows.
  const nameFault = isNamed ? displayNameFault(name, true) : undefined
  if (nameFault !== undefined) return nameFault
  if (username !== '' && !USERNAME.test(username))
    return 'A username must have 2 to 32 of these characters: a to z, 0 to 9, _ and -.'
  const length = password.length > 2 * PASSWORD_LENGTH ? password.length : [...password].length
  if (length < 8 || length > PASSWORD_LENGTH) return 'A password must have 8 to 256 characters.'
  if (isNamed && username === '') return { displayName: displayName(name), password }
  return { name: username, displayName: isNamed ? displayName(name) : undefined, password }
}

const PASSWORD_LENGTH = 256
