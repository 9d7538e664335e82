import { join } from 'node:path'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { writeKeyFile } from '../../../src/ciphers/keys/key-file.js'
import { generatePrivateKey, generateSharedKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'

/** One end's keys. */
export interface Identity {
  readonly privateKey: string
  /** The file that holds the private key. */
  readonly file: string
  readonly publicKey: string
}

/** The keys of two ends, in files that only their owner can read. */
export class Identities {
  readonly near: Identity
  readonly far: Identity
  /** A key that the two share. */
  readonly sharedKey = generateSharedKey()
  /** The file that holds it. */
  readonly sharedFile: string
  readonly #folder = temporaryFolder()

  constructor() {
    this.near = this.#identity('near')
    this.far = this.#identity('far')
    this.sharedFile = join(this.#folder, 'shared')
    writeKeyFile(this.sharedFile, this.sharedKey)
  }

  #identity(name: string): Identity {
    const privateKey = generatePrivateKey()
    const file = join(this.#folder, name)
    writeKeyFile(file, privateKey)
    return { privateKey, file, publicKey: publicKeyOf(privateKey) }
  }
}
