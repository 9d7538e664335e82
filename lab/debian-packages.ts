import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Below the packages of Node's, which git and the linter leave alone. */
const FOLDER = join(import.meta.dirname, '../node_modules/.cache/debian')
/** Milliseconds. */
const PATIENCE = 60_000
/** Unpacks a package as it would lie on a host whose /lib and /sbin are links into /usr. */
const UNPACK = `
  apt-get download -q "$1"
  mkdir root
  dpkg -x ./*.deb root
  for folder in bin lib sbin; do
    [ -d "root/$folder" ] || continue
    mkdir -p root/usr
    cp -a "root/$folder" root/usr/
    rm -r "root/$folder"
  done`

/**
 * The folder with the files of a package of Debian's that cannot be installed on the machine, since it conflicts with
 * another one or takes the machine over. Undefined if it cannot be downloaded.
 */
export function unpackedPackage(name: string): string | undefined {
  const folder = join(FOLDER, name)
  if (existsSync(folder)) return folder
  mkdirSync(FOLDER, { recursive: true })
  const work = mkdtempSync(join(FOLDER, `.${name}-`))
  try {
    const options = { cwd: work, stdio: 'pipe', timeout: PATIENCE } as const
    execFileSync('sh', ['-ec', UNPACK, 'sh', name], options)
    // Another process may have done the same meanwhile.
    if (!existsSync(folder)) renameSync(join(work, 'root'), folder)
    return folder
  } catch {
    return existsSync(folder) ? folder : undefined
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/**
 * Commands of a shell that lay packages over the files of the machine, for `LabHost.remount`: what they write to /etc and
 * /run is gone with the mounts. /etc/resolv.conf is a file of its own with the text that it had.
 */
export function mountsOf(packages: readonly string[]): string {
  const folders = packages.map((name) => {
    const folder = unpackedPackage(name)
    if (folder === undefined) throw new Error(`Cannot download the Debian package ${name}`)
    return folder
  })
  const above = (path: string) => folders.map((folder) => join(folder, path)).filter((one) => existsSync(one))
  const changed = 'upperdir=/run/changed,workdir=/run/work'
  const programs = above('/usr')
  return `
    servers=$(cat /etc/resolv.conf)
    mount -t tmpfs tmpfs /run
    mkdir /run/changed /run/work
    mount -t overlay overlay -o 'lowerdir=${[...above('/etc'), '/etc'].join(':')},${changed}' /etc
    ${programs.length === 0 ? '' : `mount -t overlay overlay -o 'lowerdir=${[...programs, '/usr'].join(':')}' /usr`}
    rm -f /etc/resolv.conf
    echo "$servers" > /etc/resolv.conf`
}
