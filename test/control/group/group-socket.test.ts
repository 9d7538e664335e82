import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { groupOfRun, groupRuns, groupSocketOf, shareRun } from '../../../src/control/group/group-socket.js'
import { lockRun } from '../../../src/control/run-lock.js'

/** A group that this process may give files to, whoever runs it. */
const GROUP = process.getgid!()

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

/** A run of a file in a folder, and what is where members of its group ask it. */
function sharedRun(folder: string, name = 'hub.toml') {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, '')
  const lock = lockRun(file, folder)
  writeFileSync(lock.socket, '', { mode: 0o600 })
  writeFileSync(groupSocketOf(lock.socket), '', { mode: 0o600 })
  return { file, lock }
}

it('is found by members, and its own socket is for its owner alone still', () => {
  const folder = join(temporaryFolder(), 'qanat')
  const { file, lock } = sharedRun(folder)
  expect(groupRuns(folder)).toHaveLength(1)
  shareRun(lock, GROUP)
  const shared = groupSocketOf(lock.socket)
  expect([lock.path, shared, lock.socket].map(modeOf)).toEqual(['640', '660', '600'])
  expect(groupRuns(folder)).toEqual([{ file, pid: process.pid, socket: shared }])
  expect(groupOfRun(file, 'hub.toml', folder)).toBe(GROUP)
})

it('of a service lies in a folder that its group alone may look into', () => {
  const folder = join(temporaryFolder(), 'qanat')
  const ofService = join(folder, 'hub.toml')
  const { file, lock } = sharedRun(ofService)
  expect(modeOf(ofService)).toBe('700')
  expect(groupOfRun(file, 'hub.toml', folder)).toBeUndefined()
  shareRun(lock, GROUP)
  expect(modeOf(ofService)).toBe('750')
  expect(groupOfRun(file, 'hub.toml', folder)).toBe(GROUP)
  expect(groupRuns(folder).map(({ file }) => file)).toEqual([file])
})

it('is nobody’s without that socket, and goes with what is left of the run', () => {
  const folder = join(temporaryFolder(), 'qanat')
  const { file, lock } = sharedRun(folder)
  lock.release() // as after a kill, but for the lock
  lockRun(file, folder).release()
  expect(readdirSync(folder)).toEqual([])
  const path = join(temporaryFolder(), 'other.toml')
  writeFileSync(path, '')
  lockRun(path, folder)
  expect(groupRuns(folder)).toEqual([])
})
