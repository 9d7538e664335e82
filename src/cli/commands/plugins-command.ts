import type { Command } from 'commander'
import { createContainer } from '../../app/container.js'
import { listPlugins } from '../../app/plugins/plugins.js'
import { silentLogger } from '../../core/api/logger.js'
import { collect } from '../options/collect.js'
import { EXIT_OK } from '../output/exit-codes.js'

interface Options {
  readonly plugin: readonly string[]
  readonly json?: boolean
}

/** Adds `plugins`, which lists what can be chosen. */
export function addPluginsCommand(program: Command, exit: (code: number) => void): void {
  program
    .command('plugins')
    .description('list the transports, ciphers and TUN drivers that can be chosen')
    .option('--plugin <path|package>', 'load a plugin first; may be repeated', collect, [])
    .option('--json', 'print JSON')
    .action(async (options: Options) => exit(await printPlugins(options)))
}

async function printPlugins(options: Options): Promise<number> {
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
