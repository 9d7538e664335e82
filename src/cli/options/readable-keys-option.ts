import { Option } from 'commander'

/** Takes keys in files that others may read. */
export function readableKeysOption(): Option {
  return new Option('--allow-readable-keys', 'take keys and passwords from files that others may read, too')
}
