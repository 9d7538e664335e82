import { basename } from 'node:path'
import { filesSource, handedSource } from '../../app/carriers/files-source.js'
import { createContainer } from '../../app/container.js'
import { outsideOf } from '../../app/login/outside.js'
import { partTraitsOf, setOptions } from '../../app/plugins/plugins.js'
import { holdThroughStart } from '../../app/rehearsal/young-generation.js'
import { storageFolder, storeAt } from '../../app/storage/storage-place.js'
import type { Tunnel } from '../../app/tunnel/tunnel.js'
import { tunnelFile } from '../../config/files/tunnel-name.js'
import { lockOnceRestored } from '../../control/lock-once-restored.js'
import { runFolder } from '../../control/run-folder.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { ConfigError } from '../../core/api/errors.js'
import { DEFAULT_LOG_LEVEL, type LogFormat } from '../../core/api/logger.js'
import type { ControlGroup, NamedGroup } from '../group/control-group.js'
import type { RehearsalOption } from '../options/no-rehearsal-option.js'
import { waitOf } from '../options/wait-option.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { createLogger } from '../output/log.js'
import { chooseFormat } from '../output/standard-error.js'
import { type AskerOptions, askerOf } from '../run/asker.js'
import { changesHost } from '../run/changes-host.js'
import { controlFileTunnel } from '../run/control-handler.js'
import type { Guard } from '../run/guard.js'
import { runTunnel } from '../run/run.js'
import type { RunAs } from '../run/run-as.js'
import { admitTunnelFile, type TunnelFile } from '../run/tunnel-file.js'

/** The options of `up`. */
export interface UpOptions extends AskerOptions, RehearsalOption {
  readonly logLevel?: string
  readonly logFormat?: LogFormat
  /** Seconds. */
  readonly wait?: string
}

/** Runs a file's tunnel until a signal stops it. */
export async function up(name: string, options: UpOptions): Promise<number> {
  holdThroughStart()
  chooseFormat(options.logFormat) // what is wrong with the file is told so, too
  const path = tunnelFile(name)
  const asker = askerOf(options)
  const wait = waitOf(options.wait)
  const admitted = admitTunnelFile(path, asker)
  const { log: logged } = admitted.model
  const logging = {
    level: options.logLevel ?? logged?.level ?? DEFAULT_LOG_LEVEL,
    format: options.logFormat ?? logged?.format,
  }
  const log = createLogger(logging)
  const container = await createContainer(log, admitted.plugins)
  const traits = partTraitsOf(container)
  const first = admitted.whole(traits)
  const { model, config, remarks } = first
  let { certificates } = first
  setOptions(container, config.pluginOptions)
  const user = options.user ?? model.interface.user
  const group = first.controlGroup && (await groupLetIn(first.controlGroup))
  if (user !== undefined && config.tun.namespace !== undefined) throw needsRoot(user, config.tun.namespace)
  const { lock } = await lockOnceRestored(path, runFolder(process.env))
  let runAs: RunAs | undefined
  let guard: Guard | undefined
  try {
    const { journal } = config
    if (user !== undefined) {
      const { RunAs } = await import('../run/run-as.js')
      runAs = new RunAs(user, { files: [lock.socket, journal], journal })
    }
    const folder = storageFolder(process.env, basename(lock.path, '.lock'))
    storeAt(container, { folder, owner: runAs?.user })
    let toolsSocket: string | undefined
    const guarded = async (next: TunnelConfig) => {
      if (guard !== undefined || !(changesHost(next) || user !== undefined)) return
      const { Guard } = await import('../run/guard.js')
      const { allowReadableKeys, allowWritableFiles, user: asked } = options
      const job = { path, journal, user: asked, allowReadableKeys, allowWritableFiles, logging }
      guard = new Guard({ ...job, lock: lock.path, socket: lock.socket }, log)
      if (toolsSocket !== undefined) guard.removes(toolsSocket)
    }
    await guarded(config)
    // Another user, as it may be by then, would note it elsewhere.
    const notedHere = (file: TunnelFile): TunnelFile => ({ ...file, config: { ...file.config, journal } })
    const readAgain = async () => {
      if (user === undefined || !guard?.canRead) {
        const again = notedHere(admitTunnelFile(path, asker).whole(traits))
        await guarded(again.config)
        return again
      }
      return notedHere(admitTunnelFile(path, asker, await readByGuard()).whole(traits))
    }
    const readByGuard = async () => {
      const { takeOver } = await import('../run/handed-files.js')
      return takeOver(await guard!.read())
    }
    const inForce = () => certificates
    const look = () => guard!.look()
    const source =
      user === undefined ? filesSource(inForce) : handedSource(inForce, { look, read: readByGuard })
    const applied = (file: TunnelFile) => {
      certificates = file.certificates
    }
    for (const line of [...remarks, ...(group?.remarks ?? [])]) log.warn(line)
    let running: Tunnel | undefined
    const rehearsal = options.rehearsal && config.rehearsal
    const code = await runTunnel(
      { ...config, rehearsal },
      {
        container,
        log,
        runAs,
        wait,
        certificates: model.tls && source,
        onToolsSocket: (path) => {
          toolsSocket = path
          guard?.removes(path)
        },
        control: (tunnel, end) => {
          running = tunnel
          const outside = outsideOf(container)
          return controlFileTunnel({ path, readAgain, applied, lock, group, outside, log }, tunnel, end)
        },
      },
    )
    if (code === EXIT_OK && running !== undefined && model.interface.saveConfig === true) {
      const { saveConfig } = await import('./save-config.js')
      await saveConfig(path, running.config, { asker, traits, log })
    }
    return code
  } finally {
    lock.release()
    await guard?.end()
  }
}

/** @throws ConfigError if there is no such group, or this process may let nobody of it in. */
async function groupLetIn(named: NamedGroup): Promise<ControlGroup> {
  const { checkMayShare, controlGroup } = await import('../group/control-group.js')
  const group = controlGroup(named)
  checkMayShare(group)
  return group
}

function needsRoot(user: string, namespace: string): ConfigError {
  const why = `its end takes root, which '--user ${user}' gives up; leave one of the two out`
  return new ConfigError(`Cannot use the network namespace '${namespace}': ${why}`, {
    code: 'ERR_CONFIG_VALUE',
  })
}
