import type { FastifyInstance } from 'fastify'
import { Communicator, type CommunicatorOptions } from '../../src/channels/testing/communicator.ts'
import { type ApiContract, contractOf } from './api-contract.ts'

/** Like the core's `communicate`, for the whole product. Frames are checked against the documents. */
export function communicate(
  app: FastifyInstance,
  path: string,
  options: CommunicatorOptions = {},
): Communicator {
  return new CheckedCommunicator(app, path, options)
}

class CheckedCommunicator extends Communicator {
  readonly #contract: ApiContract
  readonly #path: string

  constructor(app: FastifyInstance, path: string, options: CommunicatorOptions) {
    super(app, path, options)
    this.#contract = contractOf(app)
    this.#path = path
  }

  override async receiveText(): Promise<string> {
    const text = await super.receiveText()
    this.#contract.sent(this.#path, JSON.parse(text))
    return text
  }
}
