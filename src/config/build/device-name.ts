import { basename, extname } from 'node:path'
import { INTERFACE_NAME } from '../../core/settings/interface-name.js'

/** wg-quick, too, names the interface after its file. A name that the kernel would refuse is left to the kernel. */
export function deviceNameOf(path: string): string | undefined {
  const name = basename(path, extname(path))
  return INTERFACE_NAME.test(name) ? name : undefined
}
