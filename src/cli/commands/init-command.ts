import type { Command } from 'commander'
import type { InitOptions } from '../actions/init.js'
import { collect } from '../options/collect.js'

/** Adds `init`, which makes a server's file and its first client's. */
export function addInitCommand(program: Command, exit: (code: number) => void): void {
  program
    .command('init')
    .description("write a server's file and its first client's; prompts for what is missing")
    .option('--host <name>', 'how clients reach the server: its name or address')
    .option('--transports <names>', 'udp, tcp, ws, wss: in order of preference')
    .option('--port <port>', 'the port for udp and tcp')
    .option('--network <cidr,...>', 'the networks inside the tunnel')
    .option('--client <name>', 'the name of the first client')
    .option('--folder <folder>', 'where the files are written', '.')
    .option('--plugin <path|package>', 'load a plugin with further transports; may be repeated', collect, [])
    .option('--tls-cert <file>', "wss: the server's certificate (PEM)")
    .option('--tls-key <file>', "wss: the certificate's private key (PEM)")
    .option('--tls <kind>', 'wss: "self-signed" makes a certificate, and has clients know it by its pin')
    .option(
      '--only-443',
      'for networks that let only the web out: wss on 443 and udp, with --tls self-signed',
    )
    .action(async (options: InitOptions) => {
      const { init } = await import('../actions/init.js')
      exit(await init(options))
    })
}
