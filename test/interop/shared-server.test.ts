import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestAuthority } from '../../lab/certificates.js'
import { Lab, QANAT, REACHED } from '../../lab/lab.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { WireGuardGo } from '../../lab/wireguard-go.js'
import { generatePrivateKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { lossOf } from '../support/e2e/connect.js'
import { copy } from '../support/e2e/labs/copy.js'
import { complaintsOf } from '../support/e2e/log.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { nativeMissing } from '../support/native-missing.js'
import { NEEDS } from './wireguard-tunnel.js'

const COPY_BYTES = 10_000_000
/** Milliseconds for all copies at once, on a busy machine. */
const TIMEOUT = 120_000
/** Carriers of Qanat's clients; a plain WireGuard comes by UDP. */
const CARRIERS = ['tcp', 'ws', 'wss'] as const
const PORTS = { udp: 51820, tcp: 51821, ws: 8080, wss: 8443 } as const
/** The numbers of the networks that the server shares with one client each. */
const NETWORKS = { udp: 1, tcp: 2, ws: 3, wss: 4 } as const

/** Said once without koffi. */
const UNBOUNDED = 'the kernel may hold megabytes of a slow connection: its send buffer cannot be bounded'

type Carrier = keyof typeof NETWORKS
type Four = [string, string, string, string]

describeWhere(
  [...NEEDS, 'program openssl'],
  'one server with a plain WireGuard and with clients over tcp, ws and wss',
  () => {
    const serverKey = generatePrivateKey()
    const folder = temporaryFolder()
    let lab: Lab
    let authority: TestAuthority
    let wireguard: WireGuardGo | undefined
    beforeAll(() => {
      lab = new Lab()
      authority = new TestAuthority()
    })
    afterAll(async () => {
      await wireguard?.kill()
      await lab.clear()
      lab.remove()
    })

    it(
      'answers all of them at once, both ways, and copies to and from all of them at once',
      async () => {
        const [udp, tcp, ws, wss] = Array.from({ length: 4 }, generatePrivateKey) as Four
        const keys = { udp, tcp, ws, wss }
        const server = startServer(keys)
        for (const carrier of Object.keys(PORTS)) await server.line(`"endpoint":"${carrier}://`)
        wireguard = await WireGuardGo.start(lab.near, {
          privateKey: keys.udp,
          listenPort: PORTS.udp,
          addresses: [`${clientOf('udp')}/24`],
          peerKey: publicKeyOf(serverKey),
          allowedIps: [`${serverOf('udp')}/32`],
          endpoint: `${lab.far.ipv4}:${PORTS.udp}`,
        })
        await Promise.all(CARRIERS.map((carrier) => startClient(carrier, keys[carrier])))

        const carriers = Object.keys(NETWORKS) as Carrier[]
        const losses = carriers.map((carrier) => lossOf(lab.near, serverOf(carrier), 50, 0.02))
        expect(await Promise.all(losses)).toEqual(carriers.map(() => '0%'))
        const back = carriers.map((carrier) => lossOf(lab.far, clientOf(carrier), 50, 0.02))
        expect(await Promise.all(back)).toEqual(carriers.map(() => '0%'))
        await Promise.all(
          carriers.flatMap((carrier) => [
            copy(lab.far, lab.near, serverOf(carrier), COPY_BYTES),
            copy(lab.near, lab.far, clientOf(carrier), COPY_BYTES),
          ]),
        )
        const warnings = complaintsOf(server)
        expect(warnings.map(({ message }) => message)).toEqual(nativeMissing === undefined ? [] : [UNBOUNDED])
      },
      TIMEOUT,
    )

    function startServer(keys: Readonly<Record<Carrier, string>>) {
      const { certFile, keyFile } = authority.issue(lab.far.ipv4)
      const text = [
        '[interface]',
        'table = "off"', // each client is answered from the address in its own network
        `private-key = "${serverKey}"`,
        `address = ${list(Object.keys(NETWORKS).map((carrier) => `${serverOf(carrier as Carrier)}/24`))}`,
        `listen = ${list(Object.entries(PORTS).map(([scheme, port]) => `${scheme}://[::]:${port}${pathOf(scheme)}`))}`,
        '[tls]',
        `cert-file = "${certFile}"`,
        `key-file = "${keyFile}"`,
        ...Object.entries(keys).flatMap(([carrier, key]) => [
          '[[peer]]',
          `public-key = "${publicKeyOf(key)}"`,
          `allowed-ips = ["${clientOf(carrier as Carrier)}/32"]`,
        ]),
      ]
      const file = join(folder, 'server.toml')
      writeFileSync(file, `${text.join('\n')}\n`, { mode: 0o600 })
      const env = { ...process.env, RUNTIME_DIRECTORY: folder }
      return lab.far.start(process.execPath, [QANAT, 'up', file], { env })
    }

    async function startClient(carrier: (typeof CARRIERS)[number], key: string): Promise<void> {
      const keyFile = join(folder, carrier)
      writeFileSync(keyFile, `${key}\n`, { mode: 0o600 })
      const client = lab.near.qanat(
        ...['--private-key-file', keyFile, '--peer-key', publicKeyOf(serverKey)],
        ...['--address', `${clientOf(carrier)}/24`, '--allowed-ips', `${serverOf(carrier)}/32`],
        ...['-p', `${carrier}://${lab.far.ipv4}:${PORTS[carrier]}${pathOf(carrier)}`],
        ...['--proxy', 'none', '--tls-ca', authority.caFile],
      )
      await client.line(REACHED)
    }
  },
)

function serverOf(carrier: Carrier): string {
  return `10.${NETWORKS[carrier]}.0.1`
}

function clientOf(carrier: Carrier): string {
  return `10.${NETWORKS[carrier]}.0.2`
}

function pathOf(scheme: string): string {
  return scheme.startsWith('ws') ? '/tunnel' : ''
}

function list(items: readonly string[]): string {
  return JSON.stringify(items)
}
