import type { FastifyInstance } from 'fastify'
import { accountRoutes } from './account-routes.ts'
import { blockRoutes } from './blocks/block-routes.ts'
import { botRoutes } from './bots/bot-routes.ts'
import { deletionRoutes } from './deletion/deletion-routes.ts'
import { keyRoutes } from './keys/key-routes.ts'
import { passwordRoutes } from './password-routes.ts'
import { peopleRoutes } from './people-routes.ts'
import { pictureRoutes } from './pictures/picture-routes.ts'
import { profileRoutes } from './profiles/profile-routes.ts'
import { type SignInOptions, signInRoutes } from './sign-in-routes.ts'
import { type TokenOptions, tokenRoutes } from './token-routes.ts'

/** Everything that accounts serve over HTTP. */
export async function routes(app: FastifyInstance, options: SignInOptions & TokenOptions): Promise<void> {
  await app.register(signInRoutes, options)
  await app.register(accountRoutes, options)
  await app.register(deletionRoutes, options)
  await app.register(keyRoutes)
  await app.register(botRoutes)
  await app.register(passwordRoutes)
  await app.register(peopleRoutes)
  await app.register(pictureRoutes)
  await app.register(profileRoutes)
  await app.register(blockRoutes)
  await app.register(tokenRoutes, options)
}
