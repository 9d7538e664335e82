import type { AeadAlgorithm, AeadFunctions } from '../core/api/aead.js'
import type { MessageLimits } from './noise/handshake/protocol.js'

/** What a cipher with a shared key is made of. */
export interface NoiseCipherOptions {
  /** What the user types to choose it: lower-case letters, digits and dashes. */
  readonly name: string
  /** One line for `qanat plugins`; made of the name if absent. */
  readonly summary?: string | undefined
  /** The algorithm: two functions, or one whose keys are made ready and work in place. */
  readonly aead: AeadFunctions | AeadAlgorithm
  /** How many datagrams of up to 64 KiB the algorithm may seal under one key. */
  readonly limits: MessageLimits
  /**
   * The algorithm in the name of the Noise protocol: letters, digits and slashes (Noise, section 8). If absent, the
   * name with a slash for each dash.
   */
  readonly noiseName?: string | undefined
  /** The hash function of the handshake; BLAKE2s if absent. */
  readonly hash?: NoiseHash | undefined
}

/** A hash function that a handshake may have. */
export type NoiseHash = 'BLAKE2s' | 'SHA256'
