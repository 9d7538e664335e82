import type { Command } from 'commander'
import type { PluginsOptions } from '../actions/plugins.js'
import { collect } from '../options/collect.js'

/** Adds `plugins`, which lists what can be chosen. */
export function addPluginsCommand(program: Command, exit: (code: number) => void): void {
  program
    .command('plugins')
    .argument('[name]', 'a plugin, to be told of with its options')
    .description('list the transports, ciphers and TUN drivers that can be chosen')
    .option('--plugin <path|package>', 'load a plugin first; may be repeated', collect, [])
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, options: PluginsOptions) => {
      const { plugins } = await import('../actions/plugins.js')
      exit(await plugins(name, options))
    })
}
