import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { removeGroup } from '../../../src/host/children/child-group.js'
import { ChildPlaces, placeIn } from '../../../src/host/children/child-places.js'
import { endProgramsOf, freeUser } from '../../../src/host/children/child-user.js'
import { parseChange } from '../../../src/host/record/change.js'
import { Journal } from '../../../src/host/record/journal.js'
import type { RouteNetlink } from '../../../src/native/netlink/route-netlink.js'

const NO_GROUPS = 'cgroup v2 is not mounted at /sys/fs/cgroup'

it('refuses a program in one line, with its remedy, if there are no groups and the process is not root', async () => {
  const journal = new Journal(join(temporaryFolder(), 'wg0.journal'))
  const parts = { journal, network: {} as RouteNetlink, log: silentLogger, clock: systemClock }
  const letOut = () => Promise.reject(new Error('nothing is let out'))
  const places = (group: string | { folder: string; path: string; mount: string }) =>
    new ChildPlaces({ ...parts, letOut, group: () => group })
  const user = vi.spyOn(process, 'getuid').mockReturnValue(1000)
  try {
    await expect(places(NO_GROUPS).place(undefined)).rejects.toMatchObject({
      code: 'ERR_PROGRAM',
      message: `Cannot start a program beside the tunnel: ${NO_GROUPS}, and only root can give it a user of its own; see docs/service.md, or start Qanat as root`,
    })
    const readOnly = places({ folder: '/proc/fs', path: 'fs', mount: '' }) // no folder can be made there
    await expect(readOnly.place(undefined)).rejects.toThrow(
      /^Cannot start a program beside the tunnel: E\w+: .*mkdir/,
    )
    expect(journal.changes).toEqual([])
  } finally {
    user.mockRestore()
  }
})

it('has one place for programs that start at once, and tries again once it could not be had', async () => {
  const journal = new Journal(join(temporaryFolder(), 'wg0.journal'))
  const parts = { journal, network: {} as RouteNetlink, log: silentLogger, clock: systemClock }
  const group = vi.fn(() => NO_GROUPS)
  const places = new ChildPlaces({ ...parts, letOut: () => Promise.resolve(), group })
  const user = vi.spyOn(process, 'getuid').mockReturnValue(1000)
  onTestFinished(() => user.mockRestore())
  const both = await Promise.allSettled([places.place(undefined), places.place(undefined)])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(group).toHaveBeenCalledTimes(1)
  await expect(places.place(undefined)).rejects.toThrow(NO_GROUPS)
  expect(group).toHaveBeenCalledTimes(2)
})

it('gives no place beside a device in a namespace to programs whose packets were to bear a mark', async () => {
  await expect(placeIn(undefined, undefined, 7)).rejects.toThrow('in a namespace')
})

it('takes users that nobody else has, and ends programs of no others', async () => {
  expect(freeUser([61_184, 61_185], 0)).toBe(61_186)
  expect(freeUser([65_519], 4335)).toBe(61_184)
  const kill = vi.spyOn(process, 'kill')
  await endProgramsOf(process.getuid!(), systemClock)
  expect(kill).not.toHaveBeenCalled()
})

it('passes over a group that is gone', async () => {
  await removeGroup(join(temporaryFolder(), 'qanat-0123abcd'), systemClock)
})

it.each([
  { kind: 'cgroup', path: '/sys/fs/cgroup/system.slice' },
  { kind: 'cgroup', path: '/sys/fs/cgroup/../../../etc/qanat-0123abcd' },
  { kind: 'user-rule', family: 4, priority: 7, user: 0 },
  { kind: 'user-rule', family: 4, priority: 7, user: 1000 },
  { kind: 'user-rule', family: 4, priority: 7, user: 61_200.5 },
])('believes no journal that has others than its own programs ended: %j', (change) => {
  expect(parseChange(JSON.stringify(change))).toBeUndefined()
})
