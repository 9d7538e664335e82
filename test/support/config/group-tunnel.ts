import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../../lab/temporary-folder.js'

/** A group that no user of this host is in. */
export const GROUP = 54_711

/** The private key of its tunnels. */
export const GROUP_KEY = randomBytes(32).toString('base64')

/** A file whose tunnel lets that group in. Nobody answers where its peer is to be. */
export function groupText(endpoint: string, peer = 'hub'): string {
  return `[interface]
private-key = "${GROUP_KEY}"
address = ["10.9.0.1/24"]
control-group = "${GROUP}"

[[peer]]
name = "${peer}"
public-key = "${randomBytes(32).toString('base64')}"
allowed-ips = ["10.9.0.2/32"]
endpoints = ["${endpoint}"]
`
}

/** Writes such a file, whose tunnel and device have a name that no other one has, and returns its path. */
export function groupFile(endpoint: string): string {
  const path = join(temporaryFolder(), `t${randomBytes(3).toString('hex')}.toml`)
  writeFileSync(path, groupText(endpoint), { mode: 0o600 })
  return path
}
