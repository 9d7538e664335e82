import { runFolder } from '../../config/run-folder.js'
import { lockRun } from '../../config/run-lock.js'
import { attendFile } from '../attend-file.js'
import { createLogger } from '../log.js'
import { runTunnel } from '../run.js'
import { readTunnelFile } from '../tunnel-file.js'

/** The options of `up`. */
export interface UpOptions {
  readonly logLevel?: string
}

/** Runs a file's tunnel until a signal ends it. */
export async function up(path: string, options: UpOptions): Promise<number> {
  const { file, config, remarks } = readTunnelFile(path)
  const lock = lockRun(path, runFolder(process.env))
  try {
    const log = await createLogger(options.logLevel ?? file.model.log?.level ?? 'info')
    for (const line of remarks) log.warn(line)
    return await runTunnel(config, {
      log,
      attend: (tunnel, end) => attendFile({ path, socket: lock.socket, log }, tunnel, end),
    })
  } finally {
    lock.release()
  }
}
