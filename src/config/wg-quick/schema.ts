import * as v from 'valibot'
import { fileSchemaOf, interfaceKeys } from '../schema.js'
import * as value from '../values.js'

const optional = <Schema extends v.GenericSchema>(schema: Schema) => v.exactOptional(schema)

/**
 * What wg-quick's files say of the host. It is read and converted, and `up` tells that it is not in force.
 */
export const hostKeys = {
  dns: optional(value.list(value.nameServer(), '10.0.0.1, example.org')),
  fwmark: optional(value.whole(0, 2 ** 32 - 1)),
  'save-config': optional(value.toggle()),
  'pre-up': optional(value.list(value.command(), 'a command')),
  'post-up': optional(value.list(value.command(), 'a command')),
  'pre-down': optional(value.list(value.command(), 'a command')),
  'post-down': optional(value.list(value.command(), 'a command')),
}

/** What a wg-quick file may say, as a TOML file would say it. */
export const wgQuickSchema = fileSchemaOf({ ...interfaceKeys, ...hostKeys })
