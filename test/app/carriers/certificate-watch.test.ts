import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import tls from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { type CertificateSource, CertificateWatch } from '../../../src/app/carriers/certificate-watch.js'
import { filesSource } from '../../../src/app/carriers/files-source.js'
import { admitObject } from '../../../src/app/library/read-object.js'
import type { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { eventually } from '../../support/eventually.js'
import { Chance } from '../../support/fuzz/chance.js'
import { MemoryNet, packet } from '../../support/memory-net.js'
import {
  certbotPair,
  kubernetesPair,
  type Pair,
  type RenewedPair,
  writtenPair,
} from '../../support/tls/renewed-pair.js'

const RENEWALS = Number(process.env.QANAT_RENEWALS ?? 12)
const SEED = Number(process.env.QANAT_FUZZ_SEED ?? Date.now() % 1_000_000)
/** Milliseconds between two looks at the files. */
const LOOK = 5_000
/** Packets each way between two steps. */
const BURST = 20
/** Bytes that a hundred renewals may leave in memory, of which V8 takes most for code. */
const MOST_GROWN = 6 << 20
/** Renewals after which memory is as it stays. */
const WARM = 6

const authority = new TestAuthority()
const pairs = Array.from({ length: 6 }, () => authority.issue('127.0.0.1'))
const NAME = 'second.example'
const named = Array.from({ length: 2 }, () => authority.issue(NAME))

describe(`a tunnel whose certificates are renewed (seed ${SEED})`, () => {
  let net: MemoryNet
  let watch: CertificateWatch | undefined
  afterEach(async () => {
    watch?.close()
    for (const tunnel of net.tunnels.splice(0)) await tunnel.close()
  })

  /** Has a tunnel's files looked at whenever a test says so; `warnings` are what it could not take, and why. */
  function watching(tunnel: Tunnel, source: CertificateSource) {
    const clock = new VirtualClock()
    const warnings: { readonly line: string; readonly why: unknown }[] = []
    const warn: Logger['warn'] = (line, fields) => void warnings.push({ line, why: fields?.why })
    watch = new CertificateWatch({ source, tunnel, clock, log: { ...silentLogger, warn } })
    const looked = async () => {
      clock.advance(LOOK)
      await eventually('the files were looked at', () => clock.pending, 1)
    }
    return { clock, looked, warnings }
  }

  const layouts = { written: writtenPair, certbot: certbotPair, kubernetes: kubernetesPair }
  for (const [name, layout] of Object.entries(layouts)) {
    it(`serves each whole pair to those who come, keeps the one before of half a pair, and drops no packet: ${name}`, async () => {
      net = await MemoryNet.make()
      const chance = new Chance(SEED)
      const files = layout(pairs[0]!)
      const client = net.client(2)
      const { config, source } = serverOf(files)
      const hub = await net.start(carriedBy(net.hub(client.peer), config.transports, 'wss://127.0.0.1:0/'))
      const listening = new URL(hub.status().listen[0]!)
      const dialling = { groups: { tls: { ca: authority.ca } } }
      const near = await net.start(dialled(client.config, dialling, listening))
      expect(await net.reaches(near, hub, packet(2, 1, 0))).toBe(true)
      const link = hub.status().peers[0]
      const { looked, warnings } = watching(hub, source)
      let inUse: Pair = pairs[0]!
      let warm = 0
      await looked()
      for (let count = 1; count <= RENEWALS; count++) {
        const next = pairs[count % pairs.length]!
        for (const state of files.renew(next)) {
          if (state === 'half' && chance.happens(0.4)) continue
          const sent = burst(net, near, hub, count)
          await looked()
          await sent()
          if (state === 'whole') inUse = next
          else expect(whys(warnings.splice(0))).toMatch(/is (cut off|empty|not that of)/)
          expect(await shownAt(listening)).toBe(new X509Certificate(inUse.cert).fingerprint256)
        }
        expect(warnings).toEqual([])
        if (count === WARM) warm = memory()
      }
      if (RENEWALS > WARM) expect(memory() - warm).toBeLessThan(MOST_GROWN)
      const peer = hub.status().peers[0]
      expect(peer?.remote).toBe(link?.remote) // the one connection carried all of that
      const late = net.client(3)
      await hub.change((before) => ({ ...before, peers: [...before.peers, late.peer] }))
      const comes = await net.start(dialled(late.config, dialling, listening))
      expect(await net.reaches(comes, hub, packet(3, 1, 0))).toBe(true)
    })
  }

  it('goes on with the pair before while there is none, and says so once', async () => {
    net = await MemoryNet.make()
    const files = writtenPair(pairs[0]!)
    const { config, source } = serverOf(files)
    const hub = await net.start(carriedBy(net.hub(), config.transports, 'wss://127.0.0.1:0/'))
    let fails = false
    const broken = {
      look: async () => {
        if (fails) throw new Error('nobody looks')
        return source.look()
      },
      read: source.read,
    }
    const { clock, looked, warnings } = watching(hub, broken)
    fails = true
    for (let looks = 0; looks < 3; looks++) await looked()
    expect(warnings.map(({ line }) => line)).toEqual([
      'cannot take other certificates; those of before stay in use',
    ])
    watch?.close()
    expect(clock.pending).toBe(0)
  })

  it('has the certificates of further names renewed by themselves, and keeps all of them while one is half a pair', async () => {
    net = await MemoryNet.make()
    const [first, second] = [writtenPair(pairs[0]!), certbotPair(named[0]!)]
    const { config, source } = serverOf(first, second)
    const hub = await net.start(carriedBy(net.hub(), config.transports, 'wss://127.0.0.1:0/'))
    const listening = new URL(hub.status().listen[0]!)
    const { looked, warnings } = watching(hub, source)
    const shown = async () => {
      await looked()
      return [await shownAt(listening), await shownAt(listening, NAME)]
    }
    const prints = (...certificates: Pair[]) =>
      certificates.map(({ cert }) => new X509Certificate(cert).fingerprint256)
    expect(await shown()).toEqual(prints(pairs[0]!, named[0]!))
    const renewal = second.renew(named[1]!)[Symbol.iterator]()
    renewal.next()
    expect(await shown()).toEqual(prints(pairs[0]!, named[0]!))
    expect(whys(warnings.splice(0))).toContain('is not that of')
    renewal.next()
    expect(await shown()).toEqual(prints(pairs[0]!, named[1]!))
    for (const _state of first.renew(pairs[1]!)) void _state
    expect(await shown()).toEqual(prints(pairs[1]!, named[1]!))
    expect(hub.status().certificates?.map(({ names }) => names)).toEqual([['127.0.0.1'], [NAME]])
    expect(warnings).toEqual([])
  })

  it('reads files again that could not be read for a moment, though they have not changed since', async () => {
    net = await MemoryNet.make()
    const files = writtenPair(pairs[0]!)
    const { config, source } = serverOf(files)
    const hub = await net.start(carriedBy(net.hub(), config.transports, 'wss://127.0.0.1:0/'))
    let fails = false
    const failing = {
      look: source.look,
      read: async () => {
        if (fails) throw new Error('EMFILE: too many open files')
        return source.read()
      },
    }
    const { looked } = watching(hub, failing)
    await looked()
    for (const _state of files.renew(pairs[1]!)) void _state
    fails = true
    await looked()
    fails = false
    await looked()
    const shown = await shownAt(new URL(hub.status().listen[0]!))
    expect(shown).toBe(new X509Certificate(pairs[1]!.cert).fingerprint256)
  })
})

function whys(warnings: readonly { readonly why: unknown }[]): string {
  return warnings.map(({ why }) => String(why)).join()
}

/** What the files make of a configuration, as an application says it. */
function serverOf({ certFile, keyFile }: RenewedPair, ...further: RenewedPair[]) {
  const asked = {
    interface: { cipher: 'xor', address: ['10.0.0.1/24'], listen: ['wss://[::]:443'] },
    peers: [{}],
    tls: {
      ...{ certFile, keyFile },
      furtherCertFiles: further.map((pair) => pair.certFile),
      furtherKeyFiles: further.map((pair) => pair.keyFile),
    },
  }
  const whole = admitObject(asked, '/').whole(BUILT_IN_TRAITS)
  return { config: whole.config, source: filesSource(() => whole.certificates) }
}

function carriedBy(
  config: TunnelConfig,
  transports: TunnelConfig['transports'],
  listen: string,
): TunnelConfig {
  return { ...config, transports, listen: [new URL(listen)] }
}

function dialled(config: TunnelConfig, transports: TunnelConfig['transports'], endpoint: URL): TunnelConfig {
  const peers = config.peers.map((peer) => ({ ...peer, endpoints: [endpoint] }))
  return { ...config, transports, peers }
}

/** Lets packets leave both ends, and returns what waits until each of them arrived. */
function burst(net: MemoryNet, near: Tunnel, far: Tunnel, count: number): () => Promise<void> {
  const ways = [
    { from: near, to: far, source: 2, destination: 1 },
    { from: far, to: near, source: 1, destination: 2 },
  ]
  const waits = ways.map(({ destination, from, source, to }) => {
    const { written } = net.device(to)
    written.length = 0
    for (let mark = 0; mark < BURST; mark++) net.device(from).inject(packet(source, destination, mark))
    return () => eventually(`all of burst ${count} arrive`, () => written.length, BURST)
  })
  return async () => {
    for (const wait of waits) await wait()
  }
}

/** The fingerprint of the certificate that those who come are shown. */
async function shownAt({ port }: URL, servername?: string): Promise<string | undefined> {
  const asking = { host: '127.0.0.1', port: Number(port), ca: authority.ca }
  const socket = tls.connect({ ...asking, ...(servername !== undefined && { servername }) })
  await once(socket, 'secureConnect')
  const shown = socket.getPeerX509Certificate()?.fingerprint256
  socket.destroy()
  return shown
}

function memory(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const { external, heapUsed } = process.memoryUsage()
  return external + heapUsed
}
