import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { admitObject } from '../../../src/app/library/read-object.js'
import { readCommandLine } from '../../../src/cli/options/command-line.js'
import { addTransportOptions } from '../../../src/cli/options/transport-options.js'
import { addTunnelOptions, type TunnelOptions } from '../../../src/cli/options/tunnel-options.js'
import { readTunnelFile } from '../../../src/cli/run/tunnel-file.js'
import { writeText } from '../../../src/config/files/format.js'
import type { Format } from '../../../src/config/schema/formats.js'
import { ENDING } from '../../../src/config/schema/formats.js'
import type { ConfigModel } from '../../../src/config/schema/model.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'

/** The options that say what a key of the own table and of the peer's says. */
const OF_INTERFACE = {
  name: '--tun',
  cipher: '--cipher',
  key: '--key',
  mtu: '--mtu',
  tunDriver: '--tun-driver',
  portalProbe: '--portal-probe',
} as const
const OF_PEER = { publicKey: '--peer-key', keepalive: '--keepalive', proxy: '--proxy' } as const
const OF_TLS = {
  certFile: '--tls-cert',
  keyFile: '--tls-key',
  keyPassphraseFile: '--tls-key-passphrase',
  caFile: '--tls-ca',
  pin: '--tls-pin',
  serverName: '--tls-name',
  proxyCaFile: '--proxy-ca',
} as const

/** The ways into the program, each with the tunnel of a model; files are written into a folder. */
export class FrontDoors {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  /** By `createTunnel`. */
  object(model: ConfigModel): TunnelConfig {
    return withoutSource(admitObject(model, this.#folder).whole(BUILT_IN_TRAITS).config)
  }

  /** By a file, which is called as the model's device is; without what only files have: their own place and a journal. */
  file(format: Format, model: ConfigModel): TunnelConfig {
    const path = this.write(
      `${model.interface.name ?? 'unnamed file'}${ENDING[format]}`,
      writeText(format, model).text,
    )
    const { file: _file, journal: _journal, ...config } = readTunnelFile(path).config
    return withoutSource(config)
  }

  /** By options, as somebody types them. */
  flags(model: ConfigModel): TunnelConfig {
    return this.typed(this.#argumentsFor(model))
  }

  /** By what somebody types. */
  typed(args: readonly string[]): TunnelConfig {
    const command = new Command().argument('[local]').argument('[far]')
    addTunnelOptions(command)
    addTransportOptions(command)
    command.exitOverride().parse(args, { from: 'user' })
    const [local, far] = command.args
    return withoutSource(
      readCommandLine({ local, far }, command.opts<TunnelOptions>(), BUILT_IN_TRAITS).config,
    )
  }

  /** Writes a file that only its owner can read, and tells its path. */
  write(name: string, text: string): string {
    const path = join(this.#folder, name)
    writeFileSync(path, text)
    chmodSync(path, 0o600)
    return path
  }

  #argumentsFor({ interface: own, peers, tls = {}, websocket = {} }: ConfigModel): string[] {
    const peer = peers[0]!
    const each = (option: string, values: readonly string[] = []) =>
      values.flatMap((value) => [option, value])
    const one = (option: string, value: string | undefined) =>
      each(option, value === undefined ? [] : [value])
    const table = (names: Readonly<Record<string, string>>, values: object) =>
      Object.entries(values).flatMap(([key, value]) =>
        names[key] === undefined ? [] : [names[key], String(value)],
      )
    const inFile = (name: string, text: string | undefined) =>
      text === undefined ? undefined : this.write(name, `${text}\n`)
    return [
      ...table(OF_INTERFACE, own),
      ...table(OF_PEER, peer),
      ...table(OF_TLS, tls),
      ...one('--private-key-file', inFile('private', own.privateKey)),
      ...one('--psk-file', inFile('psk', peer.presharedKey)),
      ...one('--address', own.address?.join(',')),
      ...one('--allowed-ips', peer.allowedIps?.join(',')),
      ...each('--listen', own.listen),
      ...each('--peer', peer.endpoints),
      ...each('--plugin', own.plugins),
      ...each('--header', websocket.headers),
      ...each('--trusted-proxy', websocket.trustedProxies),
      ...one('--client-address-header', websocket.clientAddressHeader),
      ...one('--document-root', websocket.documentRoot),
      ...one('--max-message', websocket.maxMessage?.toString()),
      ...(websocket.httpFallback === true ? ['--http-fallback'] : []),
    ]
  }
}

/** Each way calls the place that names the proxy in its own words. */
function withoutSource<Config extends Pick<TunnelConfig, 'transports'>>(config: Config): Config {
  const { source: _source, ...proxy } = config.transports?.proxy ?? {}
  return { ...config, transports: { ...config.transports, proxy } }
}
