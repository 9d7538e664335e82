/** What an example takes for granted, and what comes of it. */
export interface Given {
  /** Code before it. */
  readonly before?: string
  /** Code behind it: what it came to. */
  readonly after?: string
  /** Its comment is the value of the only expression that it is. */
  readonly isValue?: true
  /** Why it is not run, but checked by the compiler alone. */
  readonly notRun?: string
}

/** One that has an error told to a function, `called`. */
function telling(called: string, error: string, code: string, told = '1'): Given {
  return {
    before: `
      import { ${error} } from 'qanat'
      let told = 0
      const plugin = 'broken'
      const ${called} = (_of?: string) => void told++
      const error: unknown = new ${error}('Cannot do it', { code: '${code}' })`,
    after: `assert.equal(told, ${told})`,
  }
}

const PACKET = `
  import { type Packet, packetOf } from 'qanat'
  const bytes = Uint8Array.of(0x45, 0, 0, 20, 0, 0, 0, 0, 64, 59, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2)`

/** Two tunnels that reach each other in this process. */
const TUNNEL = `
  import { createTunnel, generatePrivateKey, memoryDevice, publicKeyOf } from 'qanat'
  const [office, laptop] = [generatePrivateKey(), generatePrivateKey()]
  const publicKey = publicKeyOf(generatePrivateKey())
  const device = () => ({ device: memoryDevice({ receive() {} }) })
  const far = await createTunnel(
    {
      interface: { privateKey: office, address: ['10.20.0.1/24'], listen: ['memory://office'] },
      peers: [{ name: 'laptop', publicKey: publicKeyOf(laptop), allowedIps: ['10.20.0.2/32'] }],
    },
    device(),
  )
  await far.start()
  const tunnel = await createTunnel(
    {
      interface: { privateKey: laptop, address: ['10.20.0.2/32'] },
      peers: [
        { name: 'office', publicKey: publicKeyOf(office), allowedIps: ['10.20.0.1/32'], endpoints: ['memory://office'] },
      ],
    },
    device(),
  )
  await tunnel.start()`
const PHONE = `${TUNNEL}
  await tunnel.peers.add({ name: 'phone', publicKey, allowedIps: ['10.20.0.3/32'] })`
const CLOSED = `
  await tunnel.close()
  await far.close()`

/** A plugin that the kit takes, and a runner of tests that runs nothing. */
const CASES = `
  import { definePlugin, statelessCipher } from 'qanat/plugin'
  import type { AeadVector, CipherEnds, Kit, TransportSetup } from 'qanat/testing'
  import type { AeadFunctions, PacketHook, Transport } from 'qanat'
  const cases: string[] = []
  const test = (name: string, _run: () => Promise<void> | void) => void cases.push(name)
  const cipher = () => statelessCipher('peer', { seal: (bytes) => bytes, open: (bytes) => bytes })
  const dial = () => new Promise<never>(() => {})
  const none = () => new Uint8Array()
  const aead: AeadFunctions = { keyBytes: 32, nonceBytes: 24, tagBytes: 16, seal: none, open: none }
  const vectors: AeadVector[] = []
  const making = (): Transport => ({ dial, listen: dial })`
const TO_TRANSPORT = `${CASES}
  const setup = (): TransportSetup => ({ end: making, endpoint: new URL('mine://x') })`
const TO_CIPHER = `${CASES}
  const end = () => ({ cipher: cipher(), peer: 'peer' })
  const setup = (): CipherEnds => ({ near: end(), far: end() })`
const SOME = 'assert.ok(cases.length > 3)'
const OF_VITEST = 'it defines tests of vitest, and the suites of built-in parts do the same'

/** By the names of examples. */
export const GIVEN: Readonly<Record<string, Given>> = {
  abortedWith: {
    before: `
      import { getEventListeners } from 'node:events'
      const { signal } = new AbortController()
      const context = { signal: AbortSignal.abort() }
      const connect = async ({ aborted }: AbortSignal) => assert.ok(aborted)`,
    after: "assert.deepEqual(getEventListeners(signal, 'abort'), [])",
  },
  definePlugin: {
    before: `
      import { statelessCipher } from 'qanat/plugin'
      const rot13 = { seal: (bytes: Uint8Array) => bytes, open: (bytes: Uint8Array) => bytes }`,
  },
  editPacket: {
    before: `${PACKET}
      const packet = packetOf(bytes)`,
    after: 'assert.deepEqual(packet.bytes.subarray(16), Uint8Array.of(10, 0, 0, 7))',
  },
  isConfigError: telling('showToUser', 'ConfigError', 'ERR_CONFIG_VALUE'),
  isHostError: telling('showToAdministrator', 'HostError', 'ERR_HOST_CHANGE'),
  isPluginError: telling('disable', 'PluginError', 'ERR_PLUGIN_INVALID'),
  isPluginFault: {
    before: `${TUNNEL}
      const report = (_message: string) => {}`,
    after: CLOSED,
  },
  isQanatError: {
    before: `
      import { ConfigError } from 'qanat'
      const error: unknown = new ConfigError('Cannot do it', { code: 'ERR_CONFIG_VALUE' })`,
    after: `
      assert.equal(process.exitCode, 1)
      process.exitCode = 0`,
  },
  isTransportError: telling('tryAgainLater', 'TransportError', 'ERR_TRANSPORT_DIAL'),
  isTunError: telling('askForRights', 'TunError', 'ERR_TUN_PERMISSION'),
  packetOf: {
    before: "import { writeChecksums } from 'qanat'",
    after: 'assert.notEqual((packet.bytes[10]! << 8) | packet.bytes[11]!, 0)',
  },
  parseIpPrefix: { isValue: true },
  redact: { isValue: true },
  sourceBytes: { isValue: true },
  statelessCipher: {
    before: "const peers = [{ id: 'peer' }]",
    after: 'assert.equal(cipher.overhead, 0)',
  },
  writeChecksums: {
    before: PACKET,
    after: 'assert.notEqual((packet.bytes[10]! << 8) | packet.bytes[11]!, 0)',
  },
  createTunnel: {
    before: `
      import { generatePrivateKey, publicKeyOf } from 'qanat'
      const privateKey = generatePrivateKey()
      const publicKey = publicKeyOf(generatePrivateKey())`,
    notRun: 'its peer is at a host that is not there',
  },
  generatePrivateKey: {
    before: "import { createTunnel } from 'qanat'",
    after: 'await (await createTunnel(configuration)).close()',
  },
  generateSharedKey: { after: 'assert.equal(Buffer.from(presharedKey, "base64").length, 32)' },
  memoryDevice: {
    before: `${PACKET}
      import { createTunnel, generatePrivateKey } from 'qanat'
      const configuration = { interface: { privateKey: generatePrivateKey(), address: ['10.20.0.2/32'] }, peers: [] }
      const came: Uint8Array[] = []
      const packet = bytes`,
    after: 'await tunnel.close()',
  },
  noiseCipher: {
    before: "import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'",
    after: "assert.equal(typeof cipher.create, 'function')",
  },
  publicKeyOf: {
    before: "import { generatePrivateKey } from 'qanat'",
    after: 'assert.equal(Buffer.from(publicKey, "base64").length, 32)',
  },
  streamLink: {
    before: `
      import type { Link, LinkHandlers, Network } from 'qanat'
      import type { Socket } from 'node:net'
      interface Given { network: Network; host: string; port: number; signal: AbortSignal; handlers: LinkHandlers }
      export async function dial({ network, host, port, signal, handlers }: Given): Promise<Link> {`,
    after: '}',
    notRun: 'its socket is one of a plugin, whose network a tunnel gives',
  },
  aeadCases: { before: CASES, after: SOME },
  cipherCases: { before: TO_CIPHER, after: SOME },
  hookCases: {
    before: `${CASES}
      const hook: PacketHook = { outgoing: () => undefined }`,
    after: SOME,
  },
  kitCases: {
    before: `${CASES}
      const ciphers = { mine: { summary: '', create: cipher } }
      const plugin = definePlugin({ api: 1, name: 'mine', ciphers })
      const end = { key: '12', peers: [{ id: 'peer' }] }
      const kit: Kit = { ciphers: { mine: { authenticates: false, setup: () => ({ near: end, far: end }) } } }`,
    after: SOME,
  },
  pluginContainer: {
    before: `
      import { CIPHER, type CipherPlugin } from 'qanat'
      const own = { name: 'mine', summary: '', create: (): never => { throw new Error('not here') } }
      const plugin = {
        register: (container: { register(token: symbol, provider: { useValue: unknown }): void }) =>
          container.register(CIPHER, { useValue: own }),
      }`,
    after: 'assert.equal((cipher as CipherPlugin).name, "mine")',
  },
  pluginContext: {
    before: `${CASES}
      const create = (_context: { readonly localPort: number }) => making()
      const plugin = { api: 1, name: 'mine', transports: { mine: { summary: '', create } } } as const`,
    after: 'assert.equal(transport.dial, dial)',
  },
  transportCases: { before: TO_TRANSPORT, after: SOME },
  tunCases: {
    before: `${CASES}
      import { memoryDevice } from 'qanat'
      const driver = memoryDevice({ receive() {} })`,
    after: SOME,
  },
  udpPacket: {
    before: 'const payload = Uint8Array.of(1, 2)',
    after: 'assert.equal(packet.length, 30)',
  },
  udpPayload: {
    before: `
      import { udpPacket } from 'qanat/testing'
      const at = { address: '192.0.2.1', port: 4000 }
      const packet = udpPacket(at, at, Uint8Array.of(1, 2))`,
    after: 'assert.deepEqual(payload, Uint8Array.of(1, 2))',
  },
  testAead: { before: CASES, notRun: OF_VITEST },
  testCipher: { before: TO_CIPHER, notRun: OF_VITEST },
  testTransport: { before: TO_TRANSPORT, notRun: OF_VITEST },
  'EmbeddedTunnel.reached': { before: TUNNEL, after: `assert.match(remote ?? '', /^memory:/)${CLOSED}` },
  'TunnelPeers.add': { before: TUNNEL, after: CLOSED },
  'TunnelPeers.change': { before: PHONE, after: CLOSED },
  'TunnelPeers.remove': { before: PHONE, after: CLOSED },
}
