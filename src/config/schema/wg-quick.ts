import * as v from 'valibot'
import { fileSchemaOf, interfaceKeys } from './schema.js'
import * as value from './values.js'

/** What only wg-quick's files say. */
export const wgQuickKeys = {
  'save-config': v.exactOptional(value.toggle()),
}

/** What a wg-quick file may say, as a TOML file would say it. */
export const wgQuickSchema = fileSchemaOf({ ...interfaceKeys, ...wgQuickKeys })
