import { statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../../core/api/errors.js'

/** Where the file of a tunnel is that is called by its name alone, in the order in which they are tried. */
const PLACES = [
  { folder: 'qanat', ending: '.toml' },
  { folder: 'qanat', ending: '.conf' },
  { folder: 'wireguard', ending: '.conf' },
] as const
/** What holds these folders. */
const SETTINGS = '/etc'
/** What is not there. */
const ABSENT = ['ENOENT', 'ENOTDIR']

/**
 * The files that a name may stand for; undefined if it is a path, as all that has a slash or a dot is. The current folder
 * is none of their places: what lies there may be somebody else's, with hooks that would run as root.
 */
export function filesNamed(name: string, settings = SETTINGS): readonly string[] | undefined {
  return name === '' || /[/.]/.test(name) ? undefined : namedFiles(name, settings)
}

/** The files that a name stands for. */
export function namedFiles(name: string, settings = SETTINGS): readonly string[] {
  return PLACES.map(({ ending, folder }) => join(settings, folder, `${name}${ending}`))
}

/**
 * The path of a tunnel's file, which may be called by its name. `isKnown` is asked of names whose files are not there any
 * more, such as those of tunnels that run.
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

/** What this user may not look at counts, so that opening it tells why. */
function isThere(path: string): boolean {
  try {
    statSync(path)
    return true
  } catch (thrown) {
    return !ABSENT.includes((thrown as NodeJS.ErrnoException).code ?? '')
  }
}
