import { asError } from '../core/api/errors.js'
import type { HookSettings } from '../core/settings/host-settings.js'
import { deleteTable } from '../native/netlink/nftables.js'
import { removeGroup } from './children/child-group.js'
import { endProgramsOf } from './children/child-user.js'
import { nameServersFile } from './files/name-server-places.js'
import { Iptables } from './filter/iptables.js'
import { restoreSetting } from './kernel/kernel-setting.js'
import { restoreNameServers } from './name-servers-file.js'
import { removeFolder } from './namespace-folder.js'
import { command, wasGone } from './programs/command.js'
import { type HookParts, runHooks } from './programs/hooks.js'
import { byProgramOr } from './programs/other-way.js'
import { patiently } from './programs/patiently.js'
import type { Change } from './record/change.js'
import { changeText } from './record/change-text.js'
import { removeRoutes, removeRule } from './routing/remove-routing.js'
import { removeRecord } from './undo-resolvconf.js'

/** What changes are undone with. */
export interface UndoParts extends HookParts {
  /** The user's commands, by the file of the tunnel. */
  readonly hooks: HookSettings
  /** What other tunnels changed on this host. */
  readonly others?: () => readonly Change[]
  /** The same as far as they are believed. */
  readonly believedOthers?: () => readonly Change[]
  /** Where name servers are named. Default: as the namespace at hand has it. */
  readonly resolvConf?: string
  /** The path of the journal that keeps what cannot be undone, to be told. */
  readonly journal?: string
}

/**
 * Undoes changes of the host: PreDown first, then what was changed, the last thing first, then PostDown. What is
 * undone already is passed over; what fails does not keep the others.
 *
 * @returns What could not be undone, and may be tried again.
 */
export async function undoAll(changes: readonly Change[], parts: UndoParts): Promise<Change[]> {
  const hooks = (name: string) => changes.filter((change) => change.kind === 'hooks' && change.name === name)
  const others = changes.filter(({ kind }) => kind !== 'hooks').reverse()
  const failed: Change[] = []
  for (const change of [...hooks('PreDown'), ...others, ...hooks('PostDown')]) {
    try {
      // Hooks are tried again one by one: those before one that cannot be started have run.
      if (change.kind === 'hooks') await undo(change, parts)
      else await patiently(parts.clock, () => undo(change, parts))
    } catch (thrown) {
      if (change.kind !== 'hooks') failed.unshift(change)
      const { journal } = parts
      const what = changeText(change)
      const why = asError(thrown).message
      parts.log.warn('cannot restore part of the host', { what, why, ...(journal && { journal }) })
    }
  }
  return failed
}

async function undo(change: Change, parts: UndoParts): Promise<void> {
  switch (change.kind) {
    case 'mark':
      return
    case 'rule':
      return removeRule(change)
    case 'worded-rule':
      return unlessGone(command('ip', [`-${change.family}`, 'rule', 'delete', ...change.words]))
    case 'table':
      return removeRoutes(change)
    case 'firewall':
      if (change.by === 'iptables') return new Iptables(change.table.slice('qanat-'.length)).remove()
      return byProgramOr(
        () => unlessGone(command('nft', ['delete', 'table', 'inet', change.table])),
        { name: 'netlink', go: () => deleteTable(change.table) },
        parts.log,
        parts.journal,
      )
    case 'setting':
      return restoreSetting(change, parts.others?.() ?? [])
    case 'name-servers':
      return restoreNameServers(
        parts.resolvConf ?? nameServersFile(),
        change,
        parts.believedOthers?.() ?? [],
        parts.log,
      )
    case 'resolvconf':
      return byProgramOr(
        () => command('resolvconf', ['-d', change.record, '-f']),
        { name: 'its files', go: () => removeRecord(change, parts.resolvConf ?? nameServersFile()) },
        parts.log,
        parts.journal,
      )
    case 'user-rule':
      await endProgramsOf(change.user, parts.clock)
      return removeRule(change)
    case 'cgroup':
      return removeGroup(change.path, parts.clock)
    case 'folder':
      return removeFolder(change.path)
    case 'hooks':
      return runHooks(change.name, change.device, commandsOf(change.name, parts.hooks), parts)
  }
}

function commandsOf(name: 'PreDown' | 'PostDown', { preDown, postDown }: HookSettings): readonly string[] {
  return name === 'PreDown' ? preDown : postDown
}

async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal
  } catch (thrown) {
    if (!wasGone(thrown)) throw thrown
  }
}
