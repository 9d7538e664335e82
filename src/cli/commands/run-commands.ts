import type { Command } from 'commander'
import type { DownOptions } from '../actions/down.js'
import type { StatusOptions } from '../actions/status.js'
import { NAME_OR_FILE } from '../options/name-or-file.js'
import type { WatchOptions } from '../watch/watch.js'

/** Adds `status`, `watch`, `reload` and `down`, which look into running tunnels and change them. */
export function addRunCommands(program: Command, exit: (code: number) => void): void {
  program
    .command('status')
    .description('show running tunnels: peers, links and why, handshakes, round trips, bytes and drops')
    .argument('[name|file]', `${NAME_OR_FILE}, or the name of a running tunnel (default: all that run)`)
    .option('--json', 'print JSON; docs/running.md tells what is in it')
    .option('--watch', 'print it again every second, until Ctrl-C')
    .action(async (wanted: string | undefined, options: StatusOptions) => {
      const { status } = await import('../actions/status.js')
      exit(await status(wanted, options))
    })
  program
    .command('watch')
    .description('tell what changes of running tunnels, a line each: connected, lost and why, ended')
    .argument('[name|file]', `${NAME_OR_FILE}; ends with that tunnel (default: all, until Ctrl-C)`)
    .option('--notify', 'show it on the desktop, too: run it as yourself, not as root')
    .option('--json', 'print a line of JSON for each change')
    .action(async (wanted: string | undefined, options: WatchOptions) => {
      const { watch } = await import('../watch/watch.js')
      exit(await watch(wanted, options))
    })
  program
    .command('reload')
    .description('apply a changed file to its running tunnel; unchanged peers are not disturbed')
    .argument('<name|file>', NAME_OR_FILE)
    .action(async (file: string) => {
      const { reload } = await import('../actions/reload.js')
      exit(await reload(file))
    })
  program
    .command('down')
    .description('stop the tunnel of a file and wait until the host is restored')
    .argument('<name|file>', NAME_OR_FILE)
    .option('--force', 'forget what a killed tunnel left that cannot be restored, after saying what stays')
    .action(async (file: string, options: DownOptions) => {
      const { down } = await import('../actions/down.js')
      exit(await down(file, options))
    })
}
