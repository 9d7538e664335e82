import { filesSource } from '../../app/carriers/files-source.js'
import { createContainer } from '../../app/container.js'
import { partTraitsOf, setOptions } from '../../app/plugins/plugins.js'
import type { Tunnel } from '../../app/tunnel/tunnel.js'
import { checkWhole, readCommandLine } from '../options/command-line.js'
import type { TunnelOptions } from '../options/tunnel-options.js'
import { createLogger } from '../output/log.js'
import { chooseFormat } from '../output/standard-error.js'
import { runTunnel } from '../run/run.js'
import { controlCommandLine, lockCommandLine } from '../without-file/command-line-control.js'

/** Runs the tunnel that the command line describes until a signal stops it. */
export async function connect(
  local: string | undefined,
  far: string | undefined,
  options: TunnelOptions,
): Promise<number> {
  chooseFormat(options.logFormat)
  checkWhole({ local, far }, options)
  const log = createLogger({ level: options.logLevel, format: options.logFormat })
  const container = await createContainer(log, options.plugin)
  const { certificates, config, model, remarks } = readCommandLine(
    { local, far },
    options,
    partTraitsOf(container),
  )
  setOptions(container, config.pluginOptions)
  const { user } = options
  const runAs = user === undefined ? undefined : new (await import('../run/run-as.js')).RunAs(user)
  // Whoever gave up root could not take the lock away at the end.
  const lock = user === undefined ? lockCommandLine(log) : undefined
  if (options.key !== undefined) {
    log.warn(
      'the key on the command line is visible to every user of this host; prefer --key-file or QANAT_KEY',
    )
  }
  for (const { text } of remarks) log.warn(text)
  // No option asks for a change of the host. A default route is the user's own business here: it would take the carrier's
  // datagrams into the tunnel, too.
  const renewed = model.tls && filesSource(() => certificates)
  const running = { ...config, host: undefined, rehearsal: options.rehearsal }
  const control =
    lock &&
    ((tunnel: Tunnel, end: (why: string) => Promise<void>) =>
      controlCommandLine(lock.socket, tunnel, end, log))
  try {
    const parts = { container, log, runAs, certificates: renewed }
    return await runTunnel(running, control === undefined ? parts : { ...parts, control })
  } finally {
    lock?.release()
  }
}
