import { Option } from 'commander'
import { READABLE_KEYS_VARIABLE } from '../../config/trust/readers.js'

/** Takes keys from files that others may read. */
export function readableKeysOption(): Option {
  return new Option(
    '--allow-readable-keys',
    `take keys and passwords from files that others may read, too (also ${READABLE_KEYS_VARIABLE}=1)`,
  )
}

/** Takes keys from files that others may write, for mounts on which no mode can be changed. */
export function writableFilesOption(): Option {
  return new Option(
    '--allow-writable-files',
    'take keys and passwords even from files that others may write; hooks and plugins never',
  )
}
