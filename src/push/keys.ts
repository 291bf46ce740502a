import { createECDH, randomUUID } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import webPush from 'web-push'

/** The pair of keys with which push services know this server, in base64url. */
export interface PushKeys {
  readonly publicKey: string
  readonly privateKey: string
}

/** Keys as `PUSH_KEYS` has them: `PUBLIC,PRIVATE`. */
export function readPushKeys(text: string): PushKeys {
  const [publicKey = '', privateKey = ''] = text.trim().split(',')
  return { publicKey, privateKey }
}

/** Tells whether a browser's public key is a point of the curve with which what is pushed to it is encrypted. */
export function isPublicKey(key: string): boolean {
  const own = createECDH('prime256v1')
  own.generateKeys()
  try {
    own.computeSecret(key, 'base64url')
    return true
  } catch {
    return false
  }
}

/**
 * The keys in a folder, made when there are none. Processes that start together agree on one pair: the file appears whole or not at
 * all.
 */
export function loadPushKeys(directory: string): PushKeys {
  const path = join(directory, 'push-keys')
  if (!existsSync(path)) writeKeys(path)
  return readPushKeys(readFileSync(path, 'utf8'))
}

function writeKeys(path: string): void {
  const { publicKey, privateKey } = webPush.generateVAPIDKeys()
  const draft = `${path}.${randomUUID()}`
  try {
    writeFileSync(draft, `${publicKey},${privateKey}\n`, { mode: 0o600, flush: true })
    linkSync(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
}
