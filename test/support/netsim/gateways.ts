import { createContainer } from '../../../src/app/container.js'
import { addPlugin, choosePlugin } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { ipPacket } from '../../../src/conformance/kit/packets.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { PeerConfig, TunnelConfig } from '../../../src/core/api/config.js'
import type { Fields, Logger } from '../../../src/core/api/logger.js'
import { CLOCK } from '../../../src/core/injection/tokens.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import type { ChoiceName } from '../../../src/core/settings/group-settings.js'
import type { Timer } from '../../../src/core/time/clock.js'
import type { MemoryTunDriver } from '../../../src/tun/memory.js'
import { Carrier } from './carrier.js'
import { pass } from './pass.js'

/** Milliseconds between the packets of a conversation. */
const TALK_INTERVAL = 10

/**
 * Time in whole milliseconds: what is drawn at random has fractions, and where a sum of them is rounded a timer may ring a trice
 * before it is due, for ever if time stands still meanwhile.
 */
class WholeMilliseconds extends VirtualClock {
  override schedule(delay: number, callback: () => void): Timer {
    return super.schedule(Math.ceil(delay), callback)
  }
}

/** Devices so far: the driver is one for all labs of a process. */
let devices = 0

/** How gateways of a test differ from usual ones. */
export interface GatewayOptions {
  /** How each is reached. */
  readonly streams?: boolean
  readonly choose?: ChoiceName
  /** Milliseconds on the way to each, each way; 10 if absent. */
  readonly delays?: readonly number[]
  /** Those that are dead when the client starts. */
  readonly dead?: readonly number[]
  /** Added to what the client's file says of each. */
  readonly peer?: Partial<PeerConfig>
  /** What each gateway says of the client, such as what is pushed to it. */
  readonly client?: (gateway: number) => Partial<PeerConfig>
}

/** A client whose peers are one group: whole tunnels in memory, each with a carrier of its own that a test may cut. */
export async function gateways(
  count: number,
  { choose = 'order', client, dead = [], delays = [], peer, streams = false }: GatewayOptions = {},
) {
  const clock = new WholeMilliseconds()
  const clientKey = generatePrivateKey()
  const carriers = Array.from({ length: count }, (_, index) => new Carrier(clock, streams, delays[index]))
  const servers = await Promise.all(
    carriers.map(async (carrier, index) => {
      const key = generatePrivateKey()
      const far = { id: publicKeyOf(clientKey), allowed: EVERYTHING, endpoints: [], ...client?.(index) }
      const end = await begin(
        `g${index}`,
        clock,
        { [`g${index}`]: carrier },
        key,
        [far],
        [new URL(`g${index}://server`)],
      )
      end.device.host = (packets) => {
        for (const packet of packets.map(({ bytes }) => Uint8Array.from(bytes))) {
          clock.schedule(0, () => end.device.inject(packet))
        }
      }
      return { ...end, id: publicKeyOf(key) }
    }),
  )
  const all = Object.fromEntries(carriers.map((carrier, index) => [`g${index}`, carrier]))
  const members = servers.map(({ id }, index) => ({
    ...{ id, name: `gateway ${index}`, allowed: EVERYTHING, group: { name: 'office', choose } },
    endpoints: [new URL(`g${index}://server`)],
    ...peer,
  }))
  const kill = (index: number) => {
    const carrier = carriers[index]!
    if (!streams) return carrier.cut()
    carrier.fault = 'refused'
    carrier.end()
  }
  dead.forEach(kill)
  const near = await begin('client', clock, all, clientKey, members, [])
  const arrivals: number[] = []
  near.device.host = () => arrivals.push(clock.now())
  /** The places of those that are reached. */
  const reached = () =>
    near.tunnel.status().peers.flatMap(({ remote }, index) => (remote === null ? [] : [index]))
  return {
    ...{ carriers, clock, servers, members, arrivals, reached },
    client: near,
    pass: (milliseconds: number) => pass(clock, milliseconds),
    /** A gateway's program is killed: nothing comes from it any more, and streams end. */
    kill,
    /** Sends a packet each TALK_INTERVAL, which gateways send back; returns the longest time without an answer. */
    async talk(milliseconds: number) {
      const end = clock.now() + milliseconds
      let last = clock.now()
      let longest = 0
      arrivals.length = 0
      while (clock.now() < end) {
        near.device.inject(ipPacket(100, 4))
        await pass(clock, TALK_INTERVAL)
        for (const at of arrivals.splice(0)) {
          longest = Math.max(longest, at - last)
          last = at
        }
      }
      return Math.max(longest, clock.now() - last)
    },
    /** Ends all. Returns how many timers are left. */
    async close() {
      for (const { tunnel } of [near, ...servers]) await tunnel.close()
      await pass(clock, 100) // what was under way arrives nowhere
      return clock.pending
    },
  }
}

/** One end, with a device in memory. Its log has lines from `info` on. */
async function begin(
  name: string,
  clock: VirtualClock,
  carriers: Readonly<Record<string, Carrier>>,
  privateKey: string,
  peers: readonly PeerConfig[],
  listen: readonly URL[],
) {
  const lines: string[] = []
  const line = (message: string, fields: Fields = {}) => {
    lines.push(
      `${message} ${Object.entries(fields)
        .map((field) => field.join('='))
        .join(' ')}`.trim(),
    )
  }
  const log: Logger = { debug() {}, info: line, warn: line, error: line }
  const container = await createContainer(log, [])
  container.register(CLOCK, { useValue: clock })
  const transports = Object.fromEntries(
    Object.entries(carriers).map(([scheme, carrier]) => [
      scheme,
      {
        summary: 'for a test',
        kind: carrier.stream ? ('stream' as const) : ('datagram' as const),
        create: () => carrier.transport(),
      },
    ]),
  )
  addPlugin(container, { api: 1, name: 'gateways', transports }, 'gateways')
  const config: TunnelConfig = {
    ...{ cipher: 'wireguard', privateKey, peers, listen, tunDriver: 'memory', plugins: [], rehearsal: false },
    tun: { name: `${name}-${devices++}`, mtu: 1420, addresses: [], routes: [] },
  }
  const signal = new AbortController().signal
  const starting = Tunnel.start(container, config, signal)
  let isStarted = false
  starting.finally(() => {
    isStarted = true
  })
  while (!isStarted) await pass(clock, 10)
  const tunnel = await starting
  const driver = choosePlugin(container, 'TUN driver', 'memory').make({}, signal) as MemoryTunDriver
  return { tunnel, device: driver.devices.get(tunnel.device)!, lines, config }
}
