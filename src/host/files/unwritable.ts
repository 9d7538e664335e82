import { lstatSync, readlinkSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { getSystemErrorMap } from 'node:util'

/** Why the file of name servers cannot be written, by the error of the system, with the remedy. */
export function whyUnwritable(path: string, { code, errno, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EROFS':
      return "its file system is read-only; mount it writable, or give the name servers to the container (--dns) and take 'dns' out of the tunnel's file"
    case 'EPERM':
      return `it is immutable or append-only; run "chattr -i -a ${path}"`
    case 'ENOENT':
      return leadsNowhere(path)
    default: {
      const [, words] = getSystemErrorMap().get(errno ?? 0) ?? []
      const rest = code === 'EACCES' && process.geteuid!() !== 0 ? '; try again as root' : ''
      return `${words ?? message}${rest}`
    }
  }
}

/** A link may well lead to a file that is not there yet: it is made, if there is a folder for it. */
function leadsNowhere(path: string): string {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true)
    return `there is no folder ${dirname(path)}`
  const target = resolve(dirname(path), readlinkSync(path))
  return `it is a link to ${target}, whose folder is missing; start the program that makes it, or run "rm ${path}"`
}
