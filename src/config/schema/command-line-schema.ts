import * as v from 'valibot'
import { fileSchemaOf, interfaceKeys } from './schema.js'
import * as value from './values.js'

/** What only a command line says. */
export const commandLineKeys = {
  /** The far end of a point-to-point device, whose own address is the first of `address`. */
  'peer-address': v.exactOptional(value.ipAddress()),
}

/** What a command line may say, as a TOML file would say it. */
export const commandLineSchema = fileSchemaOf({ ...interfaceKeys, ...commandLineKeys })
