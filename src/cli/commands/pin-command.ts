import type { Command } from 'commander'

/** Adds `pin`, which shows what clients know a server's certificate by. */
export function addPinCommand(program: Command, exit: (code: number) => void): void {
  program
    .command('pin')
    .description(
      'print the pin of a certificate or key in a file, or of the server at HOST[:PORT], for [tls] and --tls-pin',
    )
    .argument('<file|host>', 'the file on the server is the one to trust')
    .action(async (what: string) => {
      const { pin } = await import('../actions/pin.js')
      exit(await pin(what))
    })
}
