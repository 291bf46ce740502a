/** `bin/partyline add-user NAME [--administrator]`: an account for somebody, for operators of the server. */
import { addUser as add, createPasswordLink, LINK_DAYS, NameRefused } from '../accounts/index.ts'
import { SHELL } from '../audit/index.ts'
import { withAccounts } from './accounts.ts'

/**
 * @param name a username, or a person's name such as `Zoë Müller`, from which the username is made
 * @returns the exit code: 1 for a name that cannot be had
 */
export function addUser(name: string, options: ReadonlySet<string>): Promise<number> {
  return withAccounts(async (database, { publicUrl }) => {
    try {
      const person = await add(database, name, options.has('administrator'), SHELL)
      const link = publicUrl + (await createPasswordLink(database, person.id, SHELL))
      const role = person.administrator ? ' as an administrator' : ''
      console.log(
        `The account ${person.name} has been created${role}. Its person can set a password with this link, which works once, within ` +
          `${LINK_DAYS} days:\n${link}`,
      )
      if (isOfThisMachine(publicUrl))
        console.error(
          `This link opens only on this computer. On others, put the server’s own address in place of ${publicUrl}; links will begin with ` +
            'it if you set PUBLIC_URL, for example to https://chat.example.com.',
        )
      return 0
    } catch (error) {
      if (!(error instanceof NameRefused)) throw error
      console.error(`${error.message}`)
      return 1
    }
  })
}

function isOfThisMachine(url: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname)
}
