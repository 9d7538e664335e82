import { Command } from 'commander'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { defaultDriver } from '../../../src/app/make-driver.js'
import { addNoNativeOption } from '../../../src/cli/options/no-native-option.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { loadKoffi } from '../../../src/native/base/koffi.js'

beforeEach(() => {
  vi.stubEnv('QANAT_NO_NATIVE', '')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

it.each([
  [['--no-native'], 'tuntap2', 1],
  [[], 'linux', 0],
])('leads for %j to the TUN driver %s', (options, driver, lines) => {
  parse(options)
  const info = vi.fn()
  expect(defaultDriver({ ...silentLogger, info })).toBe(driver)
  expect(info).toHaveBeenCalledTimes(lines)
})

it('keeps koffi from being loaded', () => {
  parse(['--no-native'])
  expect(loadKoffi).toThrow('QANAT_NO_NATIVE is set')
})

function parse(options: string[]): void {
  const command = new Command()
  addNoNativeOption(command)
  command.parse(options, { from: 'user' })
}
