import type { PartTraits } from '../../core/plugin/part-traits.js'
import type { ConfigModel } from '../schema/model.js'
import type { Dialect, Path } from './problems.js'

/** The public key of a private key, both in base64. */
export type PublicKeyOf = (privateKey: string) => string

/** The input of the checks. */
export interface Check {
  readonly model: ConfigModel
  readonly dialect: Dialect
  readonly traits: PartTraits
  /** Tells of a problem: what lies at the path, and `why`. */
  report(path: Path, why: string): void
  /** Tells of what works and is likely not meant. */
  remark(path: Path, what: string): void
}
