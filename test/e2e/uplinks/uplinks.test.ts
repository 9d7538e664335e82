import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { INNER, REACHED } from '../../../lab/lab.js'
import { WireGuardGo } from '../../../lab/wireguard-go.js'
import { LEAST_AGE } from '../../../src/core/forwarding/narrowed-streams.js'
import { Identities } from '../../support/e2e/identities.js'
import { RoutedLab } from '../../support/e2e/labs/routed-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

/** Bytes of a packet that an uplink carries, and what is outside and carries the tunnel: each a tunnel of its own. */
const CELLS = (process.env.QANAT_UPLINKS ?? '1400 ipv6 wireguard-go,1492 ipv4 tcp').split(',').map((cell) => {
  const [mtu, outside, carrier] = cell.trim().split(' ')
  return { mtu: Number(mtu), outside: outside as Family, carrier: carrier as Carrier }
})
const DEVICE = 'tunnel0'
const BYTES = 5_000_000
/** Milliseconds that a transfer may take, and that nothing may come meanwhile. */
const LONGEST = 3_000
const STALL = 500
/** Bytes of what carries a packet over UDP: the headers outside, and WireGuard's; and packets are padded to a multiple. */
const AROUND = { ipv4: 60, ipv6: 80 } as const
const BLOCK = 16
const PORT = 51820
const [NEAR4, FAR4] = INNER.ipv4
const [NEAR6, FAR6] = INNER.ipv6

type Family = keyof typeof INNER
function isStream(carrier: Carrier): boolean {
  return carrier === 'tcp' || carrier === 'ws'
}

/** Bytes of the largest packet inside. */
function carried(mtu: number, outside: Family): number {
  return Math.floor((mtu - AROUND[outside]) / BLOCK) * BLOCK
}

/** The scheme between two Qanats, or another program at the far end. */
type Carrier = 'udp' | 'tcp' | 'ws' | 'wireguard-go'

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program nft', 'program wg', 'program wireguard-go'],
  'an uplink of less than 1500 bytes, where nobody tells of what is too large and fragments are dropped',
  () => {
    let lab: RoutedLab
    const keys = new Identities()
    let wireguard: WireGuardGo | undefined
    beforeEach(() => {
      lab = new RoutedLab()
    })
    afterEach(async () => {
      await wireguard?.kill()
      wireguard = undefined
      lab.remove()
    })

    it.each(CELLS)(
      'carries transfers both ways at once, of $mtu bytes with $outside outside and $carrier',
      async ({ mtu, outside, carrier }) => {
        await lab.uplink(mtu)
        await startFar(carrier)
        await startNear(carrier, outside)
        await follows(carrier, carried(mtu, outside))
        await transfers()
        if (isStream(carrier)) {
          // That of the end that waits: it hangs up, so that the other one dials anew.
          await setTimeout(LEAST_AGE)
          await lab.uplink(1380, 'far')
          await transfers([FAR4])
        }
        if (isStream(carrier)) await setTimeout(LEAST_AGE)
        // A smaller one: the tunnel was made for more, and connections outside keep the segments that they were opened with.
        await lab.uplink(1280)
        await follows(carrier, carried(1280, outside))
        await transfers(isStream(carrier) ? [FAR4] : [FAR4, FAR6])
      },
      60_000,
    )

    async function startFar(carrier: Carrier): Promise<void> {
      const { far, near } = keys
      if (carrier === 'wireguard-go') {
        wireguard = await WireGuardGo.start(lab.far, {
          privateKey: far.privateKey,
          listenPort: PORT,
          addresses: [`${FAR4}/24`, `${FAR6}/64`],
          peerKey: near.publicKey,
          allowedIps: [`${NEAR4}/32`, `${NEAR6}/128`],
        })
        return
      }
      const server = lab.far.qanat(
        ...['--private-key-file', far.file, '--peer-key', near.publicKey, '--tun', DEVICE],
        ...['--address', `${FAR4}/24,${FAR6}/64`, '--allowed-ips', `${NEAR4}/32,${NEAR6}/128`],
        ...['--listen', `${carrier}://[::]:${PORT}`],
      )
      await server.line('listening')
    }

    async function startNear(carrier: Carrier, outside: Family): Promise<void> {
      const { far, near } = keys
      const scheme = carrier === 'wireguard-go' ? 'udp' : carrier
      const host = outside === 'ipv6' ? `[${lab.far.ipv6}]` : lab.far.ipv4
      const client = lab.near.qanat(
        ...['--private-key-file', near.file, '--peer-key', far.publicKey, '--tun', DEVICE],
        ...['--address', `${NEAR4}/24,${NEAR6}/64`, '--allowed-ips', `${FAR4}/32,${FAR6}/128`],
        ...['-p', `${scheme}://${host}:${PORT}`],
      )
      await client.line(REACHED)
    }

    /** Waits until the device is as large as what its carrier carries: at the least what IPv6 needs, at the most 1420. */
    async function follows(carrier: Carrier, bytes: number): Promise<void> {
      const expected = isStream(carrier) ? 1420 : Math.min(1420, Math.max(1280, bytes))
      const mtu = () => lab.near.run('cat', `/sys/class/net/${DEVICE}/mtu`)
      await eventually(`the device has an MTU of ${expected}`, mtu, (text) => Number(text) === expected)
    }

    /** Bytes to the near host and then to the far one, by each family inside; none waits for more than a round trip. */
    async function transfers(addresses: readonly string[] = [FAR4, FAR6]): Promise<void> {
      for (const [port, address] of addresses.entries()) {
        const args = [address, String(8000 + port), String(BYTES)]
        const server = lab.far.node('uplinks/timed-server.js', ...args)
        await server.line('listening', 'stdout')
        const client = lab.near.node('uplinks/timed-client.js', ...args)
        for (const end of [client, server]) {
          const { bytes, took, stall } = JSON.parse((await end.line('took', 'stdout')).slice('took '.length))
          expect(bytes).toBe(BYTES)
          expect(took).toBeLessThanOrEqual(LONGEST)
          expect(stall).toBeLessThanOrEqual(STALL)
        }
        server.kill('SIGTERM')
        await server.ending()
      }
    }
  },
)
