import { resolve } from 'node:path'
import { LoginLease } from '../../app/login/login-lease.js'
import type { Outside } from '../../app/login/outside.js'
import { namedChanges } from '../../app/tunnel/changes.js'
import type { TunnelStatus } from '../../app/tunnel/status.js'
import type { Tunnel } from '../../app/tunnel/tunnel.js'
import type { RunLock } from '../../control/run-lock.js'
import { type ControlHandlers, ControlServer } from '../../control/server.js'
import { asError, ConfigError, hasCode } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { systemClock } from '../../core/time/system-clock.js'
import type { ControlGroup } from '../group/control-group.js'
import type { GroupParts } from '../group/listen-for-group.js'
import { readVersion } from '../model/version.js'
import type { ControlHandler } from './run.js'
import type { TunnelFile } from './tunnel-file.js'

/** What a control handler knows of its tunnel. */
export interface AttendedFile {
  readonly path: string
  /** Reads it and what it names. @throws ConfigError */
  readonly readAgain: () => Promise<TunnelFile>
  /** Called with what was read again once the tunnel goes by it. */
  readonly applied: (file: TunnelFile) => void
  /** Says where questions are answered. */
  readonly lock: RunLock
  /** Whose members may ask, too. */
  readonly group: ControlGroup | undefined
  /** How programs go past the tunnel; undefined if they do not go through it anyway. */
  readonly outside?: Outside | undefined
  readonly log: Logger
}

/** Answers questions about the tunnel of a file, and lets it read its file again. */
export async function controlFileTunnel(
  { path, readAgain, applied, lock, group, outside, log }: AttendedFile,
  tunnel: Tunnel,
  end: (why: string) => Promise<void>,
): Promise<ControlHandler> {
  const { version } = readVersion() // now: another one may be installed while this one runs
  const reload = async () => {
    const file = await namingReader(readAgain)
    const { config, controlGroup, remarks } = file
    if (controlGroup?.wanted !== group?.wanted) throw fixedGroup()
    const before = tunnel.config
    await tunnel.reload(config)
    applied(file)
    for (const line of remarks) log.warn(line)
    return { peers: tunnel.config.peers.length, remarks, ...namedChanges(before, tunnel.config) }
  }
  const logins = new LoginLease(outside, systemClock)
  const told = (status: TunnelStatus | undefined) => {
    const login = logins.status
    return { file: resolve(path), pid: process.pid, version, ...status, ...(login && { login }) }
  }
  const handlers: ControlHandlers = {
    status: () => told(tunnel.status()),
    look: () => told(tunnel.figures()),
    reload,
    login: (asker) => logins.begin(asker),
    down: () => end('qanat down'),
  }
  const server = await ControlServer.listen(lock.socket, handlers, log)
  const ofGroup =
    group &&
    (await lettingIn(group, { lock, handlers, end, log }).catch(async (thrown) => {
      await server.close()
      throw thrown
    }))
  return {
    hangup() {
      reload().catch((thrown) => {
        for (const line of asError(thrown).message.split('\n')) log.error(line)
      })
    },
    close: async () => {
      await Promise.all([server.close(), ofGroup?.close()])
    },
  }
}

async function lettingIn(group: ControlGroup, parts: GroupParts): Promise<ControlServer> {
  const { listenForGroup } = await import('../group/listen-for-group.js')
  return listenForGroup(group, parts)
}

function fixedGroup(): ConfigError {
  return new ConfigError(
    "Cannot change the tunnel while it runs: 'control-group' cannot change; restart it",
    { code: 'ERR_CONFIG_VALUE' },
  )
}

/** @throws ConfigError, which tells who it is that cannot read a file, since that may be another user than at the start. */
async function namingReader(read: () => Promise<TunnelFile>): Promise<TunnelFile> {
  try {
    return await read()
  } catch (thrown) {
    const error = asError(thrown)
    if (!hasCode(error, ['EACCES'])) throw error
    const who = `the tunnel runs as user ${process.getuid?.()}, who has to be able to read it`
    throw new ConfigError(`${error.message}; ${who}`, { code: 'ERR_CONFIG_VALUE', cause: thrown })
  }
}
