import { statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../../core/api/errors.js'

/** Where a tunnel's file may be if only its name is given, in the order in which they are tried. */
const PLACES = [
  { folder: 'qanat', ending: '.toml' },
  { folder: 'qanat', ending: '.conf' },
  { folder: 'wireguard', ending: '.conf' },
] as const
/** The folder that these are in. */
const SETTINGS = '/etc'
/** What the system says of a file that does not exist. */
const ABSENT = ['ENOENT', 'ENOTDIR']

/**
 * The files that a name may stand for; undefined if it is a path, which has a slash or a dot. The current folder is
 * never searched: a file there may be somebody else's, and its hooks would run as root.
 */
export function filesNamed(name: string, settings = SETTINGS): readonly string[] | undefined {
  return name === '' || /[/.]/.test(name) ? undefined : placesOf(name, settings)
}

/** Where the file of a tunnel with that name may be. */
export function placesOf(name: string, settings = SETTINGS): readonly string[] {
  return PLACES.map(({ ending, folder }) => join(settings, folder, `${name}${ending}`))
}

/**
 * The path of a tunnel's file, given by its path or by the tunnel's name. `isKnown` says whether
 * a file that is gone is still known, as that of a running tunnel is.
 *
 * @throws ConfigError if there is no file of that name.
 */
export function tunnelFile(
  name: string,
  isKnown: (path: string) => boolean = () => false,
  settings = SETTINGS,
): string {
  const files = filesNamed(name, settings)
  if (files === undefined) return name
  const file = files.find(isThere) ?? files.find(isKnown)
  if (file !== undefined) return file
  throw new ConfigError(
    `Cannot find a tunnel '${name}': none of ${files.join(', ')} is there; a file elsewhere is called by its path, such as ./${name}.toml`,
    { code: 'ERR_CONFIG_VALUE' },
  )
}

/** A file that this user may not look at counts, so that opening it tells why. */
function isThere(path: string): boolean {
  try {
    statSync(path)
    return true
  } catch (thrown) {
    return !ABSENT.includes((thrown as NodeJS.ErrnoException).code ?? '')
  }
}
