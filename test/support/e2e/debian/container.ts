import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unpackedPackage } from '../../../../lab/debian-packages.js'
import { temporaryFolder } from '../../../../lab/temporary-folder.js'

const ROOT = join(import.meta.dirname, '../../../..')

/** What a container is run with. */
export interface Container {
  /** Its capabilities, as capabilities(7) calls them less CAP_. */
  readonly capabilities: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly command: readonly string[]
  /** Devices of the machine that it has beside those that every container has. */
  readonly devices: readonly string[]
  /** Where it has folders of its own that can be written. */
  readonly volumes: readonly string[]
  /** A file of the machine that is a secret of the container, and where. */
  readonly secret: readonly [string, string]
}

/**
 * Commands of a shell that run a container as an engine does: a root that can only be read, made of the machine's /usr and
 * of this repository as npm installs it, mounts and process ids of its own, and /proc/sys that can only be read.
 */
export function containerScript(container: Container): string {
  const { capabilities, command, devices, environment, secret, volumes } = container
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const [source, target] = secret
  const root = temporaryFolder()
  const device = (path: string) =>
    `mkdir -p ".${join(path, '..')}"; touch ".${path}"; mount --bind ${path} ".${path}"`
  const variables = Object.entries({ PATH: '/usr/local/bin:/usr/sbin:/usr/bin', ...environment })
  const rights = ['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join()
  return `
    cd '${root}'
    mount -t tmpfs tmpfs .
    cd '${root}'
    mkdir -p usr etc proc sys dev/net ".${join(target, '..')}"
    for link in bin lib lib64 sbin; do ln -s usr/$link $link; done
    mount --rbind /usr usr
    mount -t tmpfs tmpfs usr/local
    mkdir -p usr/local/bin usr/local/lib/node_modules/qanat
    mount --bind '${ROOT}' usr/local/lib/node_modules/qanat
    touch usr/local/bin/node
    mount --bind '${process.execPath}' usr/local/bin/node
    printf '#!/bin/sh\\nexec node /usr/local/lib/node_modules/qanat/${bin.qanat} "$@"\\n' > usr/local/bin/qanat
    chmod 0755 usr/local/bin/qanat
    cat /etc/passwd > etc/passwd
    cat /etc/resolv.conf > etc/resolv.conf
    touch ".${target}"
    mount --bind '${source}' ".${target}"
    mount -t proc proc proc
    mount --bind proc/sys proc/sys
    mount -o remount,bind,ro proc/sys
    mount -t sysfs -o ro sysfs sys
    ${['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom', ...devices].map(device).join('\n')}
    ${volumes.map((path) => `mkdir -p ".${path}"; mount -t tmpfs tmpfs ".${path}"`).join('\n')}
    mount -o remount,bind,ro usr
    mount -o remount,bind,ro usr/local
    mount -o remount,bind,ro usr/local/lib/node_modules/qanat
    mount -o remount,ro .
    exec env -i ${variables.map(([name, value]) => `'${name}=${value}'`).join(' ')} \\
      chroot . setpriv --bounding-set=${rights} --inh-caps=-all --no-new-privs ${command.join(' ')}`
}

/** What a file of YAML says, by the package python3-yaml. */
export function readYaml(path: string): unknown {
  const folder = join(unpackedPackage('python3-yaml')!, 'usr/lib/python3/dist-packages')
  const program = 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))[0]))'
  const env = { ...process.env, PYTHONPATH: folder }
  return JSON.parse(execFileSync('python3', ['-c', program, join(ROOT, path)], { encoding: 'utf8', env }))
}

/** The list behind a word of the Containerfile. */
export function listOf(word: string): string[] {
  const text = readFileSync(join(ROOT, 'packaging/container/Containerfile'), 'utf8')
  const found = new RegExp(`^${word}.* ?(\\[.*\\])$`, 'm').exec(text)
  if (found === null) throw new Error(`The Containerfile has no ${word}`)
  return JSON.parse(found[1]!)
}
