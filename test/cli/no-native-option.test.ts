import { Command } from 'commander'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { addNoNativeOption } from '../../src/cli/no-native-option.js'
import { loadKoffi } from '../../src/native/koffi.js'

beforeEach(() => {
  vi.stubEnv('QANAT_NO_NATIVE', '')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

it.each([
  [[], 'linux'],
  [['--no-native'], 'tuntap2'],
  [['--no-native', '--tun-driver', 'memory'], 'memory'],
  [['--tun-driver', 'linux', '--no-native'], 'linux'],
])('takes for %j the TUN driver %s', (options, driver) => {
  expect(parse(options).tunDriver).toBe(driver)
})

it('keeps koffi from being loaded', () => {
  parse(['--no-native'])
  expect(loadKoffi).toThrow('QANAT_NO_NATIVE is set')
})

function parse(options: string[]): { tunDriver: string } {
  const command = new Command().option('--tun-driver <name>', '', 'linux')
  addNoNativeOption(command)
  return command.parse(options, { from: 'user' }).opts()
}
