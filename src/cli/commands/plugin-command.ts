import { type Command, Option } from 'commander'
import type { NewPluginOptions } from '../actions/plugin-new.js'
import type { TestPluginOptions } from '../actions/plugin-test.js'
import { KINDS_MADE } from '../templates/kinds-made.js'

/** Adds `plugin`, by which authors make a plugin and test it. */
export function addPluginCommand(program: Command, exit: (code: number) => void): void {
  const plugin = program.command('plugin').description('make a plugin, or test one').helpCommand(false)
  plugin
    .command('new')
    .argument('<name>', 'what the plugin and its part are called, and the folder to be made')
    .description('make a folder with a plugin that works, its kit, a test and a README')
    .addOption(
      new Option('--kind <kind>', 'what it brings: a transport, a cipher or a packet hook')
        .choices(KINDS_MADE)
        .makeOptionMandatory(),
    )
    .option('--ts', 'write TypeScript')
    .action(async (name: string, options: NewPluginOptions) => {
      const { newPlugin } = await import('../actions/plugin-new.js')
      exit(newPlugin(name, options))
    })
  plugin
    .command('test')
    .argument('<path|package>', 'the plugin, as --plugin takes it')
    .description('test whether a plugin keeps what its parts promise, by the kit beside it')
    .option('--kit <path>', 'the kit; beside the plugin and named after it if absent')
    .option('--seed <number>', 'what random bytes are made from; drawn if absent')
    .option('--json', 'print JSON')
    .action(async (path: string, options: TestPluginOptions) => {
      const { testPlugin } = await import('../actions/plugin-test.js')
      exit(await testPlugin(path, options))
    })
}
