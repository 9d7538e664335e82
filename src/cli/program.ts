import { Command, Option } from 'commander'
import { createContainer } from '../container.js'
import { DEFAULT_MTU, DEFAULT_PORT, type TunnelConfig } from '../core/config.js'
import { ConfigError } from '../core/errors.js'
import { silentLogger } from '../core/logger.js'
import { listPlugins } from '../core/plugins.js'
import { EXIT_CODES, EXIT_OK } from './exit-codes.js'
import { createLogger, LOG_LEVELS } from './log.js'
import { parseAddressPair, parseListen, parseMtu, parsePeer, readKey } from './parse.js'
import { runTunnel } from './run.js'

/** The options as commander hands them over. */
interface Options {
  readonly key?: string
  readonly keyFile?: string
  readonly peer?: string
  readonly cipher?: string
  readonly transport: string
  readonly listen?: string
  readonly tun?: string
  readonly tunDriver: string
  readonly mtu: string
  readonly plugin: readonly string[]
  readonly logLevel: string
}

const EXAMPLES = `
Examples:
  One end waits on UDP port ${DEFAULT_PORT}, the other one calls it:
    $ sudo qanat --key-file key 10.0.0.1 10.0.0.2 --cipher xor
    $ sudo qanat --key-file key -p vpn.example.org 10.0.0.2 10.0.0.1 --cipher xor

  IPv6 inside, another port, a device name of one's own:
    $ sudo qanat --key-file key fd00::1 fd00::2 --cipher xor --listen 5000 --tun home0

  A cipher of one's own:
    $ sudo qanat --plugin ./my-cipher.js --cipher my-cipher -p 192.0.2.7 10.0.0.2 10.0.0.1

  What can be chosen:
    $ qanat plugins

A key on the command line (-k) is visible to every user of the host: prefer --key-file or QANAT_KEY.

Exit codes:
${EXIT_CODES.map(([code, meaning]) => `  ${code}  ${meaning}`).join('\n')}
`

/** Builds the command line. `exit` is told the exit code of whatever ran. */
export function createProgram(exit: (code: number) => void): Command {
  const collect = (value: string, all: readonly string[]) => [...all, value]
  const program = new Command('qanat')
    .description('A layer-3 VPN whose transport and cipher are chosen at run time')
    .argument('<local-ip>', 'the inner address of this end')
    .argument('<peer-ip>', 'the inner address of the far end')
    .option(
      '-p, --peer <host[:port]>',
      `where the peer is reached (port ${DEFAULT_PORT}); without it this end waits`,
    )
    .option('-k, --key <key>', 'the shared key; visible to every user of the host')
    .option('--key-file <file>', 'the file that holds the shared key (or set QANAT_KEY)')
    .option('--cipher <name>', 'how packets are sealed')
    .option('--transport <name>', 'how datagrams travel', 'udp')
    .option('--listen <[host:]port>', `where to listen (default: port ${DEFAULT_PORT} without --peer)`)
    .option('--tun <name>', "the TUN device's name (default: the kernel picks one)")
    .option('--tun-driver <name>', 'how the TUN device is opened', 'linux')
    .option('--mtu <bytes>', 'the MTU inside the tunnel', String(DEFAULT_MTU))
    .option('--plugin <path|package>', 'load a plugin; may be repeated', collect, [])
    .addOption(logLevelOption())
    .addHelpText('after', EXAMPLES)
    .action(async (local: string, peer: string, options: Options) =>
      exit(await connect(local, peer, options)),
    )
  program
    .command('plugins')
    .description('list the transports, ciphers and TUN drivers that can be chosen')
    .option('--plugin <path|package>', 'load a plugin first; may be repeated', collect, [])
    .option('--json', 'print JSON')
    .action(async (options: { plugin: readonly string[]; json?: boolean }) =>
      exit(await printPlugins(options)),
    )
  return program
}

function logLevelOption(): Option {
  return new Option('--log-level <level>', 'the least important lines that are written')
    .choices(LOG_LEVELS)
    .default('info')
}

async function connect(local: string, peer: string, options: Options): Promise<number> {
  const config = tunnelConfig(local, peer, options)
  const log = await createLogger(options.logLevel)
  if (options.key !== undefined) {
    log.warn(
      'the key on the command line is visible to every user of this host; prefer --key-file or QANAT_KEY',
    )
  }
  return runTunnel(config, log)
}

function tunnelConfig(local: string, peer: string, options: Options): TunnelConfig {
  if (options.cipher === undefined) {
    const why =
      'none was asked for, and the default will be an authenticated one; give --cipher xor for CrapVPN'
    throw new ConfigError(`Cannot choose a cipher: ${why}`, { code: 'ERR_CONFIG_MISSING' })
  }
  const { transport } = options
  const listen = options.listen ?? (options.peer === undefined ? String(DEFAULT_PORT) : undefined)
  return {
    cipher: options.cipher,
    cipherSettings: { key: readKey({ key: options.key, keyFile: options.keyFile }), peers: [{ id: 'peer' }] },
    tunDriver: options.tunDriver,
    tun: { name: options.tun, mtu: parseMtu(options.mtu), addresses: [parseAddressPair(local, peer)] },
    endpoints: options.peer === undefined ? [] : [parsePeer(options.peer, transport)],
    listen: listen === undefined ? [] : [parseListen(listen, transport)],
    plugins: options.plugin,
  }
}

async function printPlugins(options: { plugin: readonly string[]; json?: boolean }): Promise<number> {
  const container = await createContainer(silentLogger, options.plugin)
  const kinds = ['transport', 'cipher', 'TUN driver'] as const
  const known = kinds.map((kind) => ({
    kind,
    choices: listPlugins(container, kind).map(({ name, summary }) => ({ name, summary })),
  }))
  if (options.json) {
    const byKind = Object.fromEntries(
      known.map(({ kind, choices }) => [kind.toLowerCase().replace(' ', '-'), choices]),
    )
    process.stdout.write(`${JSON.stringify(byKind, null, 2)}\n`)
    return EXIT_OK
  }
  for (const { kind, choices } of known) {
    process.stdout.write(`${kind}\n`)
    for (const { name, summary } of choices) process.stdout.write(`  ${name.padEnd(20)} ${summary}\n`)
  }
  return EXIT_OK
}
