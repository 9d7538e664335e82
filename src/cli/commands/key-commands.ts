import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { writeKeyFile } from '../../ciphers/keys/key-file.js'
import { generatePrivateKey, generateSharedKey, publicKeyOf } from '../../ciphers/keys/keys.js'
import { EXIT_OK } from '../output/exit-codes.js'

const STDIN = 0

/** Adds `genkey`, `pubkey` and `genpsk`, which work as those of `wg` do. */
export function addKeyCommands(program: Command, exit: (code: number) => void): void {
  const generate = (name: string, description: string, make: () => string) =>
    program
      .command(name)
      .description(description)
      .option('-o, --output <file>', 'write it to a new file that only its owner can read')
      .action(({ output }: { output?: string }) => {
        if (output === undefined) process.stdout.write(`${make()}\n`)
        else writeKeyFile(output, make())
        exit(EXIT_OK)
      })
  generate('genkey', 'print a new private key', generatePrivateKey)
  generate('genpsk', 'print a new key that two ends share', generateSharedKey)
  program
    .command('pubkey')
    .description('read a private key from standard input and print its public key')
    .action(() => {
      process.stdout.write(`${publicKeyOf(readFileSync(STDIN, 'utf8').trim())}\n`)
      exit(EXIT_OK)
    })
}
