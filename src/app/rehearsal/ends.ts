import { randomBytes } from 'node:crypto'
import { generatePrivateKey, generateSharedKey, publicKeyOf } from '../../ciphers/keys/keys.js'
import type { CipherTraits } from '../../core/api/cipher.js'
import { SOLE_PEER, type TunnelConfig } from '../../core/api/config.js'
import { EVERYTHING, type IpPrefix, parseIpPrefix } from '../../core/ip/ip-prefix.js'
import type { LoadedPlugin } from '../plugins/loaded-plugin.js'
import { DRIVER } from './hosts.js'
import { FAR_HOST, NEAR_HOST } from './made-packets.js'
import type { ThrowawayCertificate } from './throwaway-certificate.js'

/** Bytes of a key for the cipher `xor`, as long as a user's may be. */
const XOR_KEY_BYTES = 16
/** Names no file: a rehearsal notes nothing, and repairs nothing that others left. */
const NO_JOURNAL = ''

/** The configurations of the two tunnels of a rehearsal. */
export interface RehearsedEnds {
  readonly plugins: Rehearsed['plugins']
  readonly far: TunnelConfig
  /** The near end dials `far`, at which the far one listens by then. */
  near(far: URL): TunnelConfig
}

/** What the ends copy from the tunnel that is rehearsed. */
export interface Rehearsed {
  readonly config: TunnelConfig
  readonly cipher: CipherTraits
  /** What the far end listens at. */
  readonly listen: URL
  /**
   * What the near end listens at, for transports of datagrams: it dials by the same socket, which is bound to the loopback
   * this way. A socket for dialing alone would be bound to all addresses.
   */
  readonly nearListen: readonly URL[]
  /** Whether connections go over TLS. */
  readonly certified: boolean
  /** Names of the packet hooks that take part. */
  readonly hooks: readonly string[]
  /** The plugins that the parts belong to. */
  readonly plugins: readonly LoadedPlugin[]
}

/**
 * Configures two ends that carry packets to each other as the tunnel does: with its cipher, transport and MTU, but with
 * keys of their own, over the loopback alone, and without proxies, marks, a journal or changes of the host.
 */
export function endsOf(rehearsed: Rehearsed, own?: ThrowawayCertificate): RehearsedEnds {
  const { cipher, config, hooks, listen, nearListen, plugins } = rehearsed
  const { near, far } = freshKeys(cipher)
  // To find the peer of all addresses takes less than to find one of some.
  const narrow = config.peers.some(({ allowed }) => allowed.every(({ bits }) => bits > 0))
  const end = (name: string, keys: EndKeys, more: EndTraits): TunnelConfig => ({
    cipher: config.cipher,
    key: keys.key,
    privateKey: keys.privateKey,
    peers: [
      {
        id: keys.peerKey ?? SOLE_PEER,
        allowed: narrow ? more.hosts : EVERYTHING,
        endpoints: more.endpoints,
      },
    ],
    isolateClients: config.isolateClients,
    listen: more.listen,
    transports: {
      proxy: { url: 'none' },
      groups: { tls: more.tls, streams: config.transports?.groups?.streams },
    },
    journal: NO_JOURNAL,
    tunDriver: DRIVER,
    tun: { name: `rehearsal-${name}`, mtu: config.tun.mtu, addresses: [], routes: [] },
    plugins: [],
    packetHooks: hooks,
    pluginOptions: optionsOf(plugins, config),
  })
  return {
    plugins,
    far: end('far', far, {
      hosts: prefixesOf(NEAR_HOST),
      listen: [listen],
      endpoints: [],
      tls: own && { cert: own.certificate, key: own.key },
    }),
    near: (endpoint) =>
      end('near', near, {
        hosts: prefixesOf(FAR_HOST),
        listen: nearListen,
        endpoints: [endpoint],
        tls: own && { pin: own.pin },
      }),
  }
}

/** The addresses of a made-up host, and some beside them, so that it takes several steps to find them. */
function prefixesOf(host: number): readonly IpPrefix[] {
  return [`10.0.0.${host}`, '10.0.0.64/26', `fd00::${host}`, 'fd00::1:0/112'].map(
    (text) => parseIpPrefix(text)!,
  )
}

interface EndTraits {
  /** The addresses that its peer has, if it does not have all. */
  readonly hosts: readonly IpPrefix[]
  readonly listen: readonly URL[]
  readonly endpoints: readonly URL[]
  readonly tls: { readonly cert?: string; readonly key?: string; readonly pin?: string } | undefined
}

/** The configured options of those plugins, and of no others. */
function optionsOf(
  plugins: readonly LoadedPlugin[],
  { pluginOptions }: TunnelConfig,
): TunnelConfig['pluginOptions'] {
  if (pluginOptions === undefined) return undefined
  const names = plugins.map(({ plugin }) => plugin.name)
  const tables = Object.entries(pluginOptions.tables).filter(([name]) => names.includes(name))
  return { ...pluginOptions, tables: Object.fromEntries(tables) }
}

interface EndKeys {
  readonly key?: string
  readonly privateKey?: string
  /** The other end's public key. */
  readonly peerKey?: string
}

function freshKeys({ keys }: CipherTraits): { readonly near: EndKeys; readonly far: EndKeys } {
  if (keys !== 'private') {
    const key = keys === 'none' ? randomBytes(XOR_KEY_BYTES).toString('hex') : generateSharedKey()
    return { near: { key }, far: { key } }
  }
  const [near, far] = [generatePrivateKey(), generatePrivateKey()]
  return {
    near: { privateKey: near, peerKey: publicKeyOf(far) },
    far: { privateKey: far, peerKey: publicKeyOf(near) },
  }
}
