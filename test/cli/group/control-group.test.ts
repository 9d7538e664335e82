import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { checkMayShare, controlGroup } from '../../../src/cli/group/control-group.js'
import { readTunnelFile } from '../../../src/cli/run/tunnel-file.js'
import { OWN } from '../../support/keys.js'

function named(group: string) {
  const path = join(temporaryFolder(), 'hub.toml')
  const text = `[interface]\nprivate-key = "${OWN.privateKey}"\ncontrol-group = "${group}"\n`
  writeFileSync(path, text, { mode: 0o600 })
  return { path, group: readTunnelFile(path).controlGroup! }
}

it('is refused with its line and how to make it, if there is no such group', () => {
  const { group, path } = named('no-such-group-here')
  expect(() => controlGroup(group)).toThrow(
    `Cannot use ${path}:3: 'control-group' in [interface] is 'no-such-group-here', and there is no such group; "groupadd --system no-such-group-here" makes it, "usermod -a -G no-such-group-here USER" lets a user in`,
  )
})

it('is warned of if nobody chose who is in it', () => {
  expect(controlGroup(named('54711').group)).toMatchObject({ name: '54711', gid: 54_711, remarks: [] })
  expect(controlGroup(named('users').group).remarks).toEqual([
    expect.stringContaining("hub.toml:3: 'control-group' in [interface] is 'users'"),
  ])
  for (const group of ['nogroup', '65534']) expect(controlGroup(named(group).group).remarks).toHaveLength(1)
})

it('is refused before anything is made to a process that is neither root nor in it, with the unit’s remedy', () => {
  const processOf = (uid: number, ...groups: number[]) => {
    return { geteuid: () => uid, getegid: () => uid, getgroups: () => groups } as unknown as NodeJS.Process
  }
  const group = { name: 'vpn', gid: 4711 }
  checkMayShare(group, processOf(0))
  checkMayShare(group, processOf(985, 4711))
  checkMayShare(group, processOf(4711))
  expect(() => checkMayShare(group, processOf(985, 27))).toThrow(
    /user 985, who runs it, is not in that group; start it as root, or "SupplementaryGroups=vpn" in a drop-in/,
  )
})
