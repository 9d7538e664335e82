import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { findGroup } from '../../../src/native/process/groups.js'

/** A group of this host as its file has it. */
const [name, , gid] = readFileSync('/etc/group', 'utf8')
  .split('\n')
  .findLast((line) => line.includes(':'))!
  .split(':')

it('is found by its name and by its number', () => {
  const group = { name, gid: Number(gid) }
  expect(findGroup(name!)).toEqual(group)
  expect(findGroup(gid!)).toEqual(group)
  expect(findGroup('root')).toEqual({ name: 'root', gid: 0 })
})

it('stands for itself as a number that no group has, and is not there by a name that none has', () => {
  expect(findGroup('54711')).toEqual({ name: '54711', gid: 54_711 })
  expect(findGroup('no-such-group-here')).toBeUndefined()
  expect(findGroup(String(2 ** 32 - 2))?.gid).toBe(2 ** 32 - 2)
  expect(findGroup(String(2 ** 32 - 1))).toBeUndefined() // means "as it is" to the kernel
})
