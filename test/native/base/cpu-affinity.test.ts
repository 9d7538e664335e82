import { afterEach, expect, it } from 'vitest'
import { statusOf } from '../../../lab/process-status.js'
import { native } from '../../../src/native/base/native.js'
import { nativeMissing } from '../../support/native-missing.js'

/** The CPUs of the main thread, as the kernel writes them. */
function cpus(): string {
  return statusOf('self')('Cpus_allowed_list')
}

const before = nativeMissing === undefined ? native().affinity.allowed() : undefined
const known = cpus()
afterEach(() => {
  if (before !== undefined) native().affinity.allow(before)
})

it.skipIf(nativeMissing)('restricts the thread to the CPU that it runs on, and lets it go again', () => {
  const { affinity } = native()
  const one = affinity.current()!
  expect(affinity.allow(one)).toBe(true)
  expect(cpus()).toMatch(/^\d+$/)
  expect(affinity.allowed()).toEqual(one)
  expect(affinity.current()).toEqual(one)
  expect(affinity.allow(before!)).toBe(true)
  expect(cpus()).toBe(known)
})

it.skipIf(nativeMissing)('says so where the kernel refuses', () => {
  const { affinity } = native()
  expect(affinity.allow(new Uint8Array(8))).toBe(false)
  expect(cpus()).toBe(known)
})
