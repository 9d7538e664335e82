import type { ConfigModel } from './model.js'
import { kebabKeys } from './names.js'
import { wgQuickDialect } from './wg-quick/read.js'
import { hostKeys } from './wg-quick/schema.js'

/** One line for each thing that a file asks of the host and that a tunnel does not do. */
export function notInForce({ interface: own }: ConfigModel): readonly string[] {
  const asked = Object.entries(kebabKeys(own) as object)
  return asked
    .filter(([key, value]) => key in hostKeys && key !== 'save-config' && value !== 0)
    .map(([key]) => `${wgQuickDialect.describe(['interface', key])} is not in force: Qanat leaves it to you`)
}
