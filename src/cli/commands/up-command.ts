import { type Command, Option } from 'commander'
import { LOG_LEVELS } from '../../core/api/logger.js'
import type { UpOptions } from '../actions/up.js'
import type { DetachOptions } from '../actions/up-detached.js'
import { logFormatOption } from '../options/log-format-option.js'
import { NAME_OR_FILE } from '../options/name-or-file.js'
import { noRehearsalOption } from '../options/no-rehearsal-option.js'
import { readableKeysOption, writableFilesOption } from '../options/others-options.js'
import { USER_HELP } from '../options/user-help.js'
import { waitOption } from '../options/wait-option.js'

/** Adds `up`, which runs a file's tunnel until a signal stops it. */
export function addUpCommand(program: Command, exit: (code: number) => void): void {
  const logLevel = new Option('--log-level <level>', "minimum level of log lines (default: the file's)")
  program
    .command('up')
    .description(
      'run the tunnel of a file (.toml, or .conf in the format of wg-quick) until Ctrl-C or SIGTERM',
    )
    .argument('<name|file>', NAME_OR_FILE)
    .option('--user <user>', USER_HELP)
    .addOption(readableKeysOption())
    .addOption(writableFilesOption())
    .addOption(waitOption())
    .addOption(noRehearsalOption())
    .addOption(logLevel.choices(LOG_LEVELS))
    .addOption(logFormatOption("the file's, or journal if standard error is systemd's journal"))
    .option(
      '--detach',
      'run in the background until "qanat down": return once the tunnel is up, or say why it is not',
    )
    .option('--timeout <seconds>', 'with --detach: give up a start that takes longer (default: 60)')
    .option('--log-file <file>', 'with --detach: the log file (default: /var/log/qanat/NAME.log)')
    .action(async (file: string, options: UpOptions & DetachOptions & { readonly detach?: boolean }) => {
      if (options.detach === true) {
        const { isDetached } = await import('../run/service-manager.js')
        if (!isDetached()) {
          const { upDetached } = await import('../actions/up-detached.js')
          exit(await upDetached(file, options))
          return
        }
      }
      const { up } = await import('../actions/up.js')
      exit(await up(file, options))
    })
}
