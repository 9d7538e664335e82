import { readFileSync, statSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ownNamespace } from '../../../src/native/process/network-namespace.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const missing = namespacesMissing('ip')

it('a network namespace is known by the start of the host and its inode', () => {
  const { boot, cookie, mount, network } = ownNamespace()
  expect(boot).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  expect(network).toBe(statSync('/proc/self/ns/net').ino)
  expect(mount).toBe(statSync('/proc/self/ns/mnt').ino)
  expect(cookie === undefined).toBe(nativeMissing !== undefined)
})

it.skipIf(missing)(orSkipped('another network namespace has another name', missing), async () => {
  const own = ownNamespace()
  await inNewNetwork(async () => {
    const other = ownNamespace()
    expect(other.network).not.toBe(own.network)
    expect(other.cookie).not.toBe(own.cookie)
    expect(other.boot).toBe(own.boot)
  })
  expect(ownNamespace()).toEqual(own)
})
