import { type Command, Option } from 'commander'
import { PRIVATE_KEY_CIPHER, SHARED_KEY_CIPHER } from '../../config/schema/default-cipher.js'
import { MTU } from '../../core/api/config.js'
import { DEFAULT_LOG_LEVEL, LOG_LEVELS, type LogFormat } from '../../core/api/logger.js'
import { DEFAULT_PORT } from '../../core/settings/ports.js'
import { collect } from './collect.js'
import { logFormatOption } from './log-format-option.js'
import { noRehearsalOption, type RehearsalOption } from './no-rehearsal-option.js'
import type { TransportOptions } from './transport-options.js'
import { USER_HELP } from './user-help.js'

/** The options of a tunnel, as the command line passes them. */
export interface TunnelOptions extends TransportOptions, RehearsalOption {
  readonly key?: string
  readonly keyFile?: string
  readonly privateKeyFile?: string
  readonly peerKey?: string
  readonly pskFile?: string
  readonly allowedIps?: string
  readonly address?: string
  readonly keepalive?: string
  readonly peer: readonly string[]
  readonly cipher?: string
  readonly transport: string
  readonly listen: readonly string[]
  readonly tun?: string
  readonly tunDriver?: string
  readonly mtu?: string
  readonly plugin: readonly string[]
  readonly hook: readonly string[]
  readonly set: readonly string[]
  readonly user?: string
  readonly logLevel: string
  readonly logFormat?: LogFormat
}

/** Adds the options that say what a tunnel is made of, but for how streams are carried. */
export function addTunnelOptions(command: Command): void {
  const peer =
    "the peer's address; repeat it for more, in order of preference; without it this end only listens"
  const listen = `address to listen on; may be repeated (default: port ${DEFAULT_PORT} without --peer)`
  const cipher = `how packets are sealed (default: ${SHARED_KEY_CIPHER}, or ${PRIVATE_KEY_CIPHER} with a private key)`
  const mtu = `the MTU inside the tunnel (default: what the routes to peers carry, at most ${MTU.default})`
  const logLevel = new Option('--log-level <level>', 'minimum level of log lines')
  command
    .option('-p, --peer <host[:port]|url>', peer, collect, [])
    .option('--listen <[host:]port|url>', listen, collect, [])
    .option('--transport <transport>', 'transport of endpoints that are not URLs', 'udp')
    .option('--cipher <cipher>', cipher)
    .option('-k, --key <key>', 'the shared key; visible to every user of the host')
    .option('--key-file <file>', 'file with the shared key (or set QANAT_KEY)')
    .option('--private-key-file <file>', "WireGuard: file with this end's private key")
    .option('--peer-key <key>', "WireGuard: the peer's public key")
    .option('--psk-file <file>', 'WireGuard: file with a key shared with this peer alone')
    .option('--allowed-ips <cidr,...>', 'inner addresses of the peer (default: all)')
    .option('--keepalive <seconds>', 'WireGuard: send a keepalive at least this often')
    .option('--address <cidr,...>', 'inner addresses of this end, instead of or in addition to LOCAL_IP')
    .option('--tun <name>', "the TUN device's name (default: the kernel picks one)")
    .option(
      '--tun-driver <driver>',
      'how the TUN device is opened (default: linux, or tuntap2 without koffi)',
    )
    .option('--mtu <bytes>', mtu)
    .option('--plugin <path|package>', 'load a plugin; may be repeated', collect, [])
    .option('--hook <name>', "take packets through a plugin's packet hook; may be repeated", collect, [])
    .option('--set <name.key=value>', 'set an option of a plugin; may be repeated', collect, [])
    .option('--user <user>', USER_HELP)
    .addOption(noRehearsalOption())
    .addOption(logLevel.choices(LOG_LEVELS).default(DEFAULT_LOG_LEVEL))
    .addOption(logFormatOption("journal if standard error is systemd's journal, else text"))
}
