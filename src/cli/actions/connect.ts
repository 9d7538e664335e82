import { readTunnelConfig, type TunnelOptions } from '../options/tunnel-options.js'
import { createLogger } from '../output/log.js'
import { runTunnel } from '../run/run.js'

/** The options of a tunnel that is described on the command line alone. */
export interface ConnectOptions extends TunnelOptions {
  readonly logLevel: string
  readonly user?: string
}

/** Runs the tunnel that the command line describes until a signal ends it. */
export async function connect(
  local: string | undefined,
  far: string | undefined,
  options: ConnectOptions,
): Promise<number> {
  const config = readTunnelConfig(local, far, options)
  const { user } = options
  const runAs = user === undefined ? undefined : new (await import('../run/run-as.js')).RunAs(user)
  const log = await createLogger(options.logLevel)
  if (options.key !== undefined) {
    log.warn(
      'the key on the command line is visible to every user of this host; prefer --key-file or QANAT_KEY',
    )
  }
  return runTunnel(config, { log, runAs })
}
