import { Command, Option } from 'commander'
import { createContainer } from '../container.js'
import { DEFAULT_CIPHER, DEFAULT_MTU, DEFAULT_PORT } from '../core/config.js'
import { silentLogger } from '../core/logger.js'
import { listPlugins } from '../core/plugins.js'
import { EXIT_CODES, EXIT_OK } from './exit-codes.js'
import { addKeyCommands } from './key-commands.js'
import { createLogger, LOG_LEVELS } from './log.js'
import { runTunnel } from './run.js'
import { readTunnelConfig, type TunnelOptions } from './tunnel-options.js'

interface Options extends TunnelOptions {
  readonly logLevel: string
}

const EXAMPLES = `
Examples:
  A key, made once and copied to both ends by a safe way:
    $ qanat genpsk -o key

  One end waits on UDP port ${DEFAULT_PORT}, the other one calls it:
    $ sudo qanat --key-file key 10.0.0.1 10.0.0.2
    $ sudo qanat --key-file key -p vpn.example.org 10.0.0.2 10.0.0.1

  IPv6 inside, another port, a device name of one's own:
    $ sudo qanat --key-file key fd00::1 fd00::2 --listen 5000 --tun home0

  A WireGuard peer:
    $ qanat genkey -o private && qanat pubkey < private
    $ sudo qanat --private-key-file private --peer-key KEY -p vpn.example.org:51820 \\
        --address 10.0.0.2/24 --allowed-ips 10.0.0.0/24

  CrapVPN, for learning (protects nothing):
    $ sudo qanat -k 1234ABCD -p 192.0.2.7 10.0.0.2 10.0.0.1 --cipher xor

  What can be chosen, with a cipher of one's own:
    $ qanat plugins --plugin ./my-cipher.js

A key on the command line (-k) is visible to every user of the host: prefer --key-file or QANAT_KEY.

Exit codes:
${EXIT_CODES.map(([code, meaning]) => `  ${code}  ${meaning}`).join('\n')}
`

/** Builds the command line. `exit` is told the exit code of whatever ran. */
export function createProgram(exit: (code: number) => void): Command {
  const collect = (value: string, all: readonly string[]) => [...all, value]
  const program = new Command('qanat')
    .description('A layer-3 VPN whose transport and cipher are chosen at run time')
    .argument('[local-ip]', 'the inner address of this end')
    .argument('[peer-ip]', 'the inner address of the far end')
    .option(
      '-p, --peer <host[:port]>',
      `where the peer is reached (port ${DEFAULT_PORT}); without it this end waits`,
    )
    .option('-k, --key <key>', 'the shared key; visible to every user of the host')
    .option('--key-file <file>', 'the file that holds the shared key (or set QANAT_KEY)')
    .option(
      '--cipher <name>',
      `how packets are sealed (default: ${DEFAULT_CIPHER}, or wireguard with a private key)`,
    )
    .option('--private-key-file <file>', 'WireGuard: the file that holds the own private key')
    .option('--peer-key <key>', "WireGuard: the peer's public key")
    .option('--psk-file <file>', 'WireGuard: the file that holds a key shared with this peer alone')
    .option('--allowed-ips <cidr,...>', 'the inner addresses that the peer owns (default: all)')
    .option('--keepalive <seconds>', 'WireGuard: send something at least so often')
    .option('--address <cidr,...>', 'inner addresses of this end, in place of or besides LOCAL_IP')
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
  addKeyCommands(program, exit)
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

async function connect(
  local: string | undefined,
  far: string | undefined,
  options: Options,
): Promise<number> {
  const config = readTunnelConfig(local, far, options)
  const log = await createLogger(options.logLevel)
  if (options.key !== undefined) {
    log.warn(
      'the key on the command line is visible to every user of this host; prefer --key-file or QANAT_KEY',
    )
  }
  return runTunnel(config, log)
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
