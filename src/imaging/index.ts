import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { PictureMaker } from './picture-maker.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly pictureMaker: PictureMaker
  }
}

/** Adds `app.pictureMaker`, which works on pictures that people send, in processes without rights. */
export const imaging = fp(async (app: FastifyInstance) => {
  const maker = new PictureMaker(app.log)
  app.decorate('pictureMaker', maker)
  app.addHook('onClose', async () => maker.close())
})

export type { CleanPicture, Squares } from './picture-maker.ts'
export type { PictureRefusal } from './picture-processes.ts'
