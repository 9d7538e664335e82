import { ConfigError } from '../../core/api/errors.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { parseIpPrefix } from '../../core/ip/ip-prefix.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import { protocolOf } from '../../core/settings/scheme.js'
import { freeAddress } from '../clients/free-address.js'
import { type ClientRequest, newClient } from '../clients/new-client.js'
import type { ConfigModel } from '../schema/model.js'
import { writeToml } from '../toml/write.js'
import { type Answers, listed, ownPort } from './questions.js'

/** The paths of a certificate and its key. */
export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  /** What clients know the server by; absent if an authority vouches for it. */
  readonly pin?: string | undefined
}

/** What the first two files are made of, besides the answers. */
export interface FirstKeys extends Omit<ClientRequest, 'name' | 'endpoints'> {
  readonly serverPrivateKey: string
  /** Modules that both ends need: absolute paths, or names of packages. */
  readonly plugins: readonly string[]
}

const SERVER_HEAD = `# A Qanat server: "qanat up" runs it, "qanat add-client NAME --config FILE" adds clients.
# Every key is explained in docs/configuration.md.
`
const CLIENT_HEAD = '# A Qanat client: "qanat up" runs it.\n'

/**
 * The texts of a server's file and of its first client's.
 *
 * @throws ConfigError if the answers do not fit together.
 */
export function firstFiles(
  answers: Answers,
  keys: FirstKeys,
  certificate: Certificate | undefined,
  traits: PartTraits,
): { readonly server: string; readonly client: string } {
  const schemes = listed(answers.transports)
  const certified = schemes.find((scheme) => traits.transport(protocolOf(scheme)).certified?.includes(scheme))
  if (certified !== undefined && certificate === undefined) {
    throw new ConfigError(
      `Cannot offer ${certified} without a certificate: give --tls-cert and --tls-key, or --tls self-signed`,
      {
        code: 'ERR_CONFIG_MISSING',
      },
    )
  }
  if (certified === undefined && certificate?.pin !== undefined) {
    throw new ConfigError(
      'Cannot use a certificate that is signed by itself: no transport needs one, such as wss',
      {
        code: 'ERR_CONFIG_VALUE',
      },
    )
  }
  const { plugins } = keys
  const { pin, ...files } = certificate ?? {}
  const server: ConfigModel = {
    interface: {
      privateKey: keys.serverPrivateKey,
      address: listed(answers.network).map(serverAddress),
      listen: schemes.map((scheme) => endpoint(scheme, '[::]', answers.port, traits)),
      ...(plugins.length > 0 && { plugins }),
    },
    server: {
      endpoints: schemes.map((scheme) => endpoint(scheme, bracketed(answers.host), answers.port, traits)),
    },
    ...(certificate !== undefined && { tls: files }),
    peers: [],
  }
  const { peer, client: plain } = newClient(server, { ...keys, name: answers.client, pin: () => pin }, traits)
  const client = plugins.length === 0 ? plain : { ...plain, interface: { ...plain.interface, plugins } }
  return {
    server: `${SERVER_HEAD}\n${writeToml({ ...server, peers: [peer] }).text}`,
    client: `${CLIENT_HEAD}\n${writeToml(client).text}`,
  }
}

/** Web servers, for one, have ports of their own. */
function endpoint(scheme: string, host: string, port: string, { transport }: PartTraits): string {
  return `${scheme}://${host}:${ownPort(scheme, transport) ?? port}`
}

function bracketed(host: string): string {
  return host.includes(':') && parseIpAddress(host) !== undefined ? `[${host}]` : host
}

/** The first address of the network. */
function serverAddress(network: string): string {
  return `${freeAddress(network, [])}/${parseIpPrefix(network)!.bits}`
}
