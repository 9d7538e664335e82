import { randomUUID } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import type { DependencyContainer } from 'tsyringe'
import type { TunnelConfig } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import { LOGGER } from '../../core/injection/tokens.js'
import { schemeOf } from '../../core/settings/scheme.js'
import type { LoadedPart } from '../plugins/loaded-part.js'
import { choosePlugin, loaded, transportForScheme } from '../plugins/plugins.js'
import type { Rehearsed } from './ends.js'

/** Only this host's own processes can connect to it. */
const LOOPBACK = '127.0.0.1'
/** The transport that needs no network. */
const IN_PROCESS = 'memory:'

/** What can be rehearsed of a tunnel, or why nothing can, in words. */
export function rehearsedOf(container: DependencyContainer, config: TunnelConfig): Rehearsed | string {
  const endpoint = config.peers.flatMap(({ endpoints }) => endpoints)[0] ?? config.listen[0]
  if (endpoint === undefined) return 'it has no endpoint'
  const transport = transportForScheme(container, endpoint.protocol)
  const cipher = choosePlugin(container, 'cipher', config.cipher)
  for (const part of [transport, cipher]) {
    if (!takesPart(part))
      return `${part.kind} '${part.name}' of plugin '${part.plugin}' does not say that it may be`
  }
  const hooks = (config.packetHooks ?? [])
    .map((name) => choosePlugin(container, 'packet hook', name))
    .filter(takesPart)
  const used = [transport, cipher, ...hooks].filter(({ isGuarded }) => isGuarded)
  const plugins = loaded(container).filter(({ plugin }) => used.some((part) => part.plugin === plugin.name))
  const rooted = plugins.find(({ plugin }) => plugin.needsRoot === true)
  if (rooted !== undefined) return `plugin '${rooted.plugin.name}' needs root`
  const known = { config, cipher: cipher.part, hooks: hooks.map(({ name }) => name), plugins }
  const { authority = 'host', certified = [], kind } = transport.part
  if (authority !== 'host') return { ...known, ...byName(endpoint.protocol) }
  if (!hasLoopback()) {
    const why = `no interface has ${LOOPBACK}`
    container.resolve<Logger>(LOGGER).debug('rehearsing without sockets', { why })
    return { ...known, ...byName(IN_PROCESS) }
  }
  const listen = new URL(`${endpoint.protocol}//${LOOPBACK}:0`)
  return {
    ...known,
    listen,
    nearListen: kind === 'datagram' ? [new URL(listen)] : [],
    certified: certified.includes(schemeOf(endpoint.protocol)),
  }
}

/** Qanat's own parts do, plugins' parts if they declare `rehearse`. */
function takesPart(part: LoadedPart<'transport' | 'cipher' | 'packet hook'>): boolean {
  return !part.isGuarded || part.part.rehearse === true
}

/** Ends that meet at a name that nobody else uses. */
function byName(protocol: string): Pick<Rehearsed, 'listen' | 'nearListen' | 'certified'> {
  return { listen: new URL(`${protocol}//rehearsal-${randomUUID()}`), nearListen: [], certified: false }
}

function hasLoopback(): boolean {
  return Object.values(networkInterfaces()).some((addresses = []) =>
    addresses.some(({ address }) => address === LOOPBACK),
  )
}
