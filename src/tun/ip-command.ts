import { execFile } from 'node:child_process'
import { TunError } from '../core/api/errors.js'
import type { TunAddress, TunOptions } from '../core/api/tun-device.js'
import type { IpPrefix } from '../core/ip/ip-prefix.js'
import { MAX_INTERFACE_NAME } from '../core/settings/interface-name.js'
import { hasInterface } from '../native/netlink/has-interface.js'
import { OUR_PROTOCOL } from '../native/netlink/ownership.js'
import { complaintOf, NOT_IPROUTE2 } from '../native/process/complaint.js'
import { cleanEnvironment, findProgram } from '../native/process/programs.js'

/**
 * Bytes and segments of a super-packet at the most: sealed, it still fits a 16-bit length, and no receiver takes
 * more segments.
 */
export const LARGEST_SUPER_PACKET = { bytes: 65_408, segments: 128 } as const

/**
 * Refuses a name that the kernel would refuse or that is in use, before anything is made.
 *
 * @throws TunError ERR_TUN_NAME
 */
export function checkInterfaceName(name: string): void {
  const complain = (why: string): never => {
    throw new TunError(`Cannot name the TUN device: '${name}' ${why}`, { code: 'ERR_TUN_NAME' })
  }
  const bytes = Buffer.byteLength(name)
  if (bytes < 1 || bytes > MAX_INTERFACE_NAME)
    complain(`has ${bytes} bytes and must have 1 to ${MAX_INTERFACE_NAME}`)
  if (!/^[A-Za-z0-9_.-]+$/.test(name) || /^-|^\.\.?$/.test(name)) {
    complain('may only hold letters, digits, dots, dashes and underscores, and no dash first')
  }
  if (hasInterface(name)) complain('is in use by another interface')
}

/**
 * Gives an interface its addresses, routes and MTU and sets it up, by one call of iproute2's `ip`. All of it goes away
 * with the interface.
 *
 * @throws TunError ERR_TUN_FAILED with what `ip` said.
 */
export async function configureInterface(
  name: string,
  options: Pick<TunOptions, 'mtu' | 'addresses' | 'routes' | 'routingTable'>,
): Promise<void> {
  const { bytes, segments } = LARGEST_SUPER_PACKET
  const up = `link set dev ${name} up mtu ${options.mtu} gso_max_size ${bytes} gso_max_segs ${segments}`
  const addresses = options.addresses.map((address) => addressLine(name, address))
  const routes = routeLines('replace', name, options.routes, options.routingTable)
  // Up first: Linux routes an IPv6 address's peer only if the interface is up when the address is added.
  await ip(['-batch', '-'], [up, ...addresses, ...routes])
}

/**
 * Routes prefixes to an interface, and others no longer. What `removed` names and is gone already is left alone.
 *
 * @throws TunError ERR_TUN_FAILED with what `ip` said; then none of `added` is routed to the interface.
 */
export async function changeRoutes(
  name: string,
  table: number | undefined,
  added: readonly IpPrefix[],
  removed: readonly IpPrefix[],
): Promise<void> {
  const withdraw = (routes: readonly IpPrefix[]) =>
    ip(['-force', '-batch', '-'], routeLines('delete', name, routes, table)).catch(() => '') // some may be gone
  try {
    if (added.length > 0) await ip(['-batch', '-'], routeLines('replace', name, added, table))
  } catch (thrown) {
    await withdraw(added)
    throw thrown
  }
  if (removed.length > 0) await withdraw(removed)
}

/** Removes an interface; that it is gone already is not an error. */
export async function deleteInterface(name: string): Promise<void> {
  if (hasInterface(name)) await ip(['link', 'delete', 'dev', name])
}

/** Renames an interface that is down. */
export async function renameInterface(from: string, to: string): Promise<void> {
  await ip(['link', 'set', 'dev', from, 'name', to])
}

export function routeLines(
  verb: 'add' | 'replace' | 'delete',
  name: string,
  routes: readonly IpPrefix[],
  table: number | undefined,
): string[] {
  const where = table === undefined ? '' : ` table ${table}`
  return routes.map(({ text }) => `route ${verb} ${text} dev ${name}${where} proto ${OUR_PROTOCOL}`)
}

export function addressLine(name: string, { local, peer, prefix, routed = true }: TunAddress): string {
  const far = peer === undefined ? `${local}/${prefix}` : `${local} peer ${peer}/${prefix}`
  const unrouted = routed ? '' : ' noprefixroute'
  // nodad: a tunnel has no neighbours whose addresses could be duplicates, and detection delays IPv6 by a second.
  const nodad = local.includes(':') ? ' nodad' : ''
  return `address add ${far} dev ${name}${nodad}${unrouted}`
}

/**
 * What `ip` of iproute2 says. `batch` is its input, a command a line.
 *
 * @throws TunError with the first line of its complaints, or that it is missing.
 */
export function ip(args: readonly string[], batch: readonly string[] = []): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (why: string, code: 'ERR_TUN_MISSING' | 'ERR_TUN_FAILED', cause?: Error) =>
      reject(new TunError(`Cannot configure the TUN device: ${why}`, { code, cause }))
    const program = findProgram('ip')
    if (program === undefined)
      return failed("the program 'ip' is missing; install iproute2", 'ERR_TUN_MISSING')
    const child = execFile(program, args, { env: cleanEnvironment() }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const complaint = complaintOf(stderr) || error.message
      const code = complaint === NOT_IPROUTE2 ? 'ERR_TUN_MISSING' : 'ERR_TUN_FAILED'
      failed(complaint, code, error)
    })
    child.stdin?.on('error', () => {}) // a child that could not start has no input; its exit tells why
    child.stdin?.end(batch.join('\n'))
  })
}
