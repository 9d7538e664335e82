import type * as v from 'valibot'
import type { commandLineSchema } from './command-line-schema.js'
import type { Camel } from './names.js'
import type { fileSchema } from './schema.js'
import type { wgQuickSchema } from './wg-quick.js'

export type FileSchema = typeof fileSchema | typeof wgQuickSchema | typeof commandLineSchema

type File = Camel<v.InferOutput<typeof wgQuickSchema>>

/** A far end. */
export type PeerModel = NonNullable<File['peer']>[number]

/** This end. */
export type InterfaceModel = File['interface']

/**
 * What a file says, in either format, as it was written: each value is valid by itself, nothing is filled in, and
 * paths are relative to the file's folder.
 */
export type ConfigModel = Omit<File, 'peer'> & { readonly peers: readonly PeerModel[] }

/** The same with what only a command line says. */
export type AnyModel = ConfigModel & {
  readonly interface: Pick<Camel<v.InferOutput<typeof commandLineSchema>>['interface'], 'peerAddress'>
}
