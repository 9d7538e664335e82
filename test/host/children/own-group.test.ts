import { expect, it } from 'vitest'
import { groupOf } from '../../../src/host/children/own-group.js'

const UNIFIED = '29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n'
const HYBRID = `${UNIFIED.replace('- cgroup2 cgroup2 rw,nsdelegate', '- tmpfs tmpfs rw')}33 29 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup rw\n`
const CONTAINER = UNIFIED.replace('0:26 / ', '0:26 /docker/0123 ')

it.each([
  ['of a service', UNIFIED, '0::/system.slice/qanat@wg0.service\n', '/system.slice/qanat@wg0.service', ''],
  ['at the root', UNIFIED, '0::/\n', '', ''],
  ['beside cgroup v1', HYBRID, '9:name=systemd:/a\n0::/b\n', '/unified/b', 'unified'],
  ['of a container that sees the host', CONTAINER, '0::/docker/0123/inner\n', '/inner', ''],
])('a process knows its group and where it is mounted: %s', (_, mounts, membership, below, mount) => {
  const path = /^0::\/(.*)$/m.exec(membership)![1]
  expect(groupOf({ mounts, membership })).toEqual({ folder: `/sys/fs/cgroup${below}`, path, mount })
})

it.each([
  ['there is cgroup v1 alone', HYBRID.split('\n')[0]!, '9:name=systemd:/a\n'],
  ['it is mounted elsewhere', UNIFIED.replace('/sys/fs/cgroup', '/mnt'), '0::/\n'],
  ['the process is outside of what is mounted', CONTAINER, '0::/elsewhere\n'],
])('no group is known if %s', (_, mounts, membership) => {
  expect(groupOf({ mounts, membership })).toBeUndefined()
})
