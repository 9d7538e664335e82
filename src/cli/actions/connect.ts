import { filesSource } from '../../app/carriers/files-source.js'
import { createContainer } from '../../app/container.js'
import { partTraitsOf, setOptions } from '../../app/plugins/plugins.js'
import { holdThroughStart } from '../../app/rehearsal/young-generation.js'
import type { Tunnel } from '../../app/tunnel/tunnel.js'
import type { RunLock } from '../../control/run-lock.js'
import { checkWhole, readCommandLine } from '../options/command-line.js'
import type { TunnelOptions } from '../options/tunnel-options.js'
import { createLogger } from '../output/log.js'
import { chooseFormat } from '../output/standard-error.js'
import type { Guard } from '../run/guard.js'
import { runTunnel } from '../run/run.js'
import type { RunAs } from '../run/run-as.js'
import {
  controlCommandLine,
  guardedCommandLine,
  lockCommandLine,
} from '../without-file/command-line-control.js'

/** Runs the tunnel that the command line describes until a signal stops it. */
export async function connect(
  local: string | undefined,
  far: string | undefined,
  options: TunnelOptions,
): Promise<number> {
  holdThroughStart()
  chooseFormat(options.logFormat)
  checkWhole({ local, far }, options)
  const log = createLogger({ level: options.logLevel })
  const container = await createContainer(log, options.plugin)
  const { certificates, config, model, remarks } = readCommandLine(
    { local, far },
    options,
    partTraitsOf(container),
  )
  setOptions(container, config.pluginOptions)
  const { user } = options
  const lock = lockCommandLine(log)
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
  let guard: Guard | undefined
  try {
    const runAs = user === undefined ? undefined : await runAsUser(user, lock)
    if (lock !== undefined && user !== undefined) {
      // Whoever gave up root can take neither the lock nor its socket away at the end.
      const { Guard } = await import('../run/guard.js')
      guard = new Guard(guardedCommandLine(lock), log)
    }
    const onToolsSocket = (path: string) => guard?.removes(path)
    const parts = { container, log, runAs, certificates: renewed, onToolsSocket }
    return await runTunnel(running, control === undefined ? parts : { ...parts, control })
  } finally {
    lock?.release()
    await guard?.end()
  }
}

/** Whom the process goes on as; the socket at which it answers becomes that user's. */
async function runAsUser(user: string, lock: RunLock | undefined): Promise<RunAs> {
  const { RunAs } = await import('../run/run-as.js')
  return new RunAs(user, lock && { files: [lock.socket], journal: undefined })
}
