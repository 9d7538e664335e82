import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Names that a host has for numbers, as wg and ip(8) look them up. */
export interface HostNames {
  /** The number of a routing table; undefined if it has no such name. */
  readonly table: (name: string) => number | undefined
  /** The UDP port of a service; undefined if it has no such name. */
  readonly port: (name: string) => number | undefined
}

/** iproute2 knows these without a file. */
const TABLES = new Map([
  ['default', 253],
  ['main', 254],
  ['local', 255],
])
/** Where names of routing tables are, those of the host first: newer versions of iproute2 ship theirs below /usr. */
const TABLE_FILES = ['/etc/iproute2', '/usr/share/iproute2', '/usr/lib/iproute2']
/** services(5) */
const SERVICES = '/etc/services'

/** The names of the host whose files lie in `root`. They are read when a name is asked for. */
export function hostNames(root = '/'): HostNames {
  return {
    table(name) {
      for (const folder of TABLE_FILES) {
        const file = join(root, folder, 'rt_tables')
        for (const path of [file, ...partsOf(`${file}.d`)]) {
          const number = tableIn(read(path), name)
          if (number !== undefined) return number
        }
      }
      return TABLES.get(name)
    },
    port: (name) => portIn(read(join(root, SERVICES)), name),
  }
}

/** Lines of a number, decimal or hexadecimal, and a name. */
function tableIn(text: string, name: string): number | undefined {
  for (const [number, known] of rowsOf(text)) {
    if (known === name && /^(0x[0-9a-f]+|\d+)$/i.test(number!)) return Number(number)
  }
  return undefined
}

/** Lines of a name, a port with its protocol, and further names. */
function portIn(text: string, name: string): number | undefined {
  for (const [first, place, ...others] of rowsOf(text)) {
    const [, port] = /^(\d+)\/udp$/.exec(place ?? '') ?? []
    if (port !== undefined && [first, ...others].includes(name)) return Number(port)
  }
  return undefined
}

/** The words of each line, less remarks. */
function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([first]) => first !== '')
}

function partsOf(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.conf'))
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

/** A host without the file has no such names. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
