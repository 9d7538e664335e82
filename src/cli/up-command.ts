import { type Command, Option } from 'commander'
import { lockRun, runFolder } from '../config/run-lock.js'
import { LOG_LEVELS } from '../core/logger.js'
import { createLogger } from './log.js'
import { runTunnel } from './run.js'
import { readTunnelFile } from './tunnel-file.js'

interface Options {
  readonly logLevel?: string
}

/** Adds `up`, which runs a file's tunnel until a signal ends it. */
export function addUpCommand(program: Command, exit: (code: number) => void): void {
  const logLevel = new Option(
    '--log-level <level>',
    "the least important lines that are written (default: the file's)",
  )
  program
    .command('up')
    .description(
      'run the tunnel of a file (.toml, or .conf in the format of wg-quick) until Ctrl-C or SIGTERM',
    )
    .argument('<file>')
    .addOption(logLevel.choices(LOG_LEVELS))
    .action(async (file: string, options: Options) => exit(await up(file, options)))
}

async function up(path: string, options: Options): Promise<number> {
  const { file, config, remarks } = readTunnelFile(path)
  const lock = lockRun(path, runFolder(process.env))
  try {
    const log = await createLogger(options.logLevel ?? file.model.log?.level ?? 'info')
    for (const line of remarks) log.warn(line)
    return await runTunnel(config, log)
  } finally {
    lock.release()
  }
}
