import { asError, TunError } from '../core/api/errors.js'
import type { DeviceChange } from '../core/api/tun-device.js'
import { textOf } from '../core/ip/ip-network.js'
import { type IpPrefix, parseIpPrefix } from '../core/ip/ip-prefix.js'
import { prefixKey } from '../core/ip/prefix-bits.js'
import { addressLine, ip, routeLines } from './ip-command.js'

/** Takes all commands of its input, whatever comes of each. */
const ALL = ['-force', '-batch', '-']

/** A route as `ip -json route` shows it, as far as it is used. */
interface ShownRoute {
  readonly dst: string
  readonly dev?: string
}

/**
 * Changes addresses, routes and MTU of an interface that is up. Routes of other interfaces are left alone: one with
 * the same prefix is a reason not to add a route.
 *
 * @throws TunError ERR_TUN_FAILED with what could not be had, when all else is done.
 */
export async function changeInterface(
  name: string,
  table: number | undefined,
  { addresses, mtu, routes }: DeviceChange,
): Promise<void> {
  const failures: string[] = []
  const attempt = async (lines: readonly string[]) => {
    if (lines.length === 0) return
    await ip(ALL, lines).catch((thrown) => failures.push(asError(thrown).message))
  }
  const withdraw = async (lines: readonly string[]) => {
    if (lines.length > 0) await ip(ALL, lines).catch(() => '') // what is gone already is no matter
  }
  await withdraw(routeLines('delete', name, routes.removed, table))
  // The new ones first: with its last address an interface loses its routes.
  await attempt(addresses.added.map((address) => addressLine(name, alone(address))))
  await withdraw(
    addresses.removed.map(({ address, bits }) => `address delete ${textOf(address)}/${bits} dev ${name}`),
  )
  if (mtu !== undefined) await attempt([`link set dev ${name} mtu ${mtu}`])
  if (routes.added.length > 0) {
    const owners = await routeOwners(table)
    const ownerOf = ({ address, bits }: IpPrefix) => owners.get(prefixKey(address, bits))
    for (const route of routes.added) {
      const owner = ownerOf(route)
      if (owner !== undefined && owner !== name) failures.push(`${route.text} is routed to ${owner} already`)
    }
    const free = routes.added.filter((route) => ownerOf(route) === undefined)
    await attempt(routeLines('add', name, free, table))
  }
  if (failures.length > 0) throw new TunError(failures.join('; '), { code: 'ERR_TUN_FAILED' })
}

function alone({ address, bits }: IpPrefix) {
  return { local: textOf(address), peer: undefined, prefix: bits }
}

/** The interfaces that prefixes are routed to. */
async function routeOwners(table: number | undefined): Promise<Map<string, string>> {
  const owners = new Map<string, string>()
  for (const [family, everything] of [
    ['-4', '0.0.0.0/0'],
    ['-6', '::/0'],
  ] as const) {
    // A table that was never used is an error to `ip`, and so is IPv6 if there is none.
    const args = ['-json', family, 'route', 'show', 'table', table === undefined ? 'main' : String(table)]
    const shown = await ip(args).catch(() => '')
    for (const { dst, dev } of JSON.parse(shown || '[]') as ShownRoute[]) {
      const prefix = parseIpPrefix(dst === 'default' ? everything : dst)
      if (prefix !== undefined && dev !== undefined) owners.set(prefixKey(prefix.address, prefix.bits), dev)
    }
  }
  return owners
}
