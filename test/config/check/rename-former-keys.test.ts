import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { admitObject } from '../../../src/app/library/read-object.js'
import { generateSharedKey } from '../../../src/ciphers/keys/keys.js'
import { readCommandLine } from '../../../src/cli/options/command-line.js'
import { addTransportOptions } from '../../../src/cli/options/transport-options.js'
import { addTunnelOptions, type TunnelOptions } from '../../../src/cli/options/tunnel-options.js'
import { readTunnelFile } from '../../../src/cli/run/tunnel-file.js'
import { entriesOf, unwrapped } from '../../../src/config/check/validate.js'
import type { Configuration } from '../../../src/config/schema/configuration.js'
import { FORMER_KEYS } from '../../../src/config/schema/former-keys.js'
import { fileSchema } from '../../../src/config/schema/schema.js'
import { A } from '../../support/keys.js'

const KEY = generateSharedKey()

/** What a file with these lines at its end comes to. */
function file(...lines: string[]) {
  const path = join(temporaryFolder(), 'office.toml')
  const own = ['[interface]', 'address = ["10.0.0.1/24"]', `key = "${KEY}"`, 'listen = ["tcp://[::]:1337"]']
  writeFileSync(path, [...own, '[[peer]]', ...lines].join('\n'), { mode: 0o600 })
  const { config, remarks } = readTunnelFile(path)
  return { transports: config.transports, remarks: remarks.map((remark) => remark.replace(`${path}:`, '')) }
}

/** What a program's object with these tables comes to. */
function object(tables: Partial<Configuration>) {
  const own = { address: ['10.0.0.1/24'], key: KEY, listen: ['tcp://[::]:1337'] }
  const { config, remarks } = admitObject({ interface: own, peers: [{}], ...tables }, '/etc').whole(
    BUILT_IN_TRAITS,
  )
  return { transports: config.transports, remarks: remarks.map(({ text }) => text) }
}

/** What these options come to. */
function options(...given: string[]) {
  const command = new Command().argument('[local]').argument('[far]')
  addTunnelOptions(command)
  addTransportOptions(command)
  command.exitOverride().parse(['10.0.0.1', '10.0.0.2', '--key', KEY, ...given], { from: 'user' })
  const [local, far] = command.args
  const { config, remarks } = readCommandLine({ local, far }, command.opts<TunnelOptions>(), BUILT_IN_TRAITS)
  return { transports: config.transports, remarks: remarks.map(({ text }) => text) }
}

describe('a former name of a key', () => {
  it('stands for a key of its table, and for none of now', () => {
    for (const [table, names] of Object.entries(FORMER_KEYS)) {
      const schema = fileSchema.entries[table as keyof typeof fileSchema.entries]
      const known = Object.keys(entriesOf(unwrapped(schema))!)
      for (const [former, now] of Object.entries(names)) {
        expect(known).toContain(now)
        expect(known).not.toContain(former)
      }
    }
  })

  it('works in a TOML file, with a remark at its line', () => {
    const former = file(
      '[streams]',
      'max-unproven = 7',
      'unproven-timeout = 900',
      '[websocket]',
      'site = "www"',
    )
    const now = file('[streams]', 'max-unauthenticated = 7', 'unauthenticated-timeout = 900')
    expect(former.transports?.groups?.streams).toEqual(now.transports?.groups?.streams)
    expect(former.transports?.groups?.websocket?.documentRoot).toMatch(/\/www$/)
    expect(now.remarks).toEqual([])
    expect(former.remarks).toEqual([
      "7: 'max-unproven' in [streams] is now called 'max-unauthenticated' in [streams]; the former name will stop working",
      "8: 'unproven-timeout' in [streams] is now called 'unauthenticated-timeout' in [streams]; the former name will stop working",
      "10: 'site' in [websocket] is now called 'document-root' in [websocket]; the former name will stop working",
    ])
  })

  it('leaves a TOML file without a private key to wait for one', () => {
    const path = join(temporaryFolder(), 'office.toml')
    const own = [
      '[interface]',
      'address = ["10.0.0.1/24"]',
      'cipher = "wireguard"',
      'listen = ["tcp://[::]:1337"]',
    ]
    writeFileSync(
      path,
      [...own, '[[peer]]', `public-key = "${A.publicKey}"`, '[websocket]', 'site = "www"'].join('\n'),
    )
    expect(readTunnelFile(path).remarks.map((remark) => remark.replace(`${path}:`, ''))).toEqual([
      "8: 'site' in [websocket] is now called 'document-root' in [websocket]; the former name will stop working",
      `1: 'private-key' in [interface] is missing: the tunnel carries nothing until "wg set" gives it one`,
    ])
  })

  it("works in a program's object, with a remark", () => {
    const former = object({ streams: { maxUnprovenPerAddress: 3 }, websocket: { site: 'www' } })
    expect(former.transports).toEqual(
      object({ streams: { maxUnauthenticatedPerAddress: 3 }, websocket: { documentRoot: 'www' } }).transports,
    )
    expect(former.remarks).toEqual([
      "'streams.maxUnprovenPerAddress' is now called 'streams.maxUnauthenticatedPerAddress'; the former name will stop working",
      "'websocket.site' is now called 'websocket.documentRoot'; the former name will stop working",
    ])
  })

  it('works as an option, with a remark', () => {
    const former = options('--site', '/srv/www')
    expect(former.transports).toEqual(options('--document-root', '/srv/www').transports)
    expect(former.remarks).toEqual([
      "'--site' is now called '--document-root'; the former name will stop working",
    ])
  })

  it('is refused beside the name of now, by every door', () => {
    expect(() => file('[streams]', 'max-unproven = 7', 'max-unauthenticated = 8')).toThrow(
      "'max-unproven' in [streams] is the former name of 'max-unauthenticated' in [streams]: give one of them",
    )
    expect(() => object({ websocket: { site: 'a', documentRoot: 'b' } })).toThrow(
      "'websocket.site' is the former name of 'websocket.documentRoot': give one of them",
    )
    expect(() => options('--site', 'a', '--document-root', 'b')).toThrow(
      "'--site' is the former name of '--document-root': give one of them",
    )
  })

  it('is what errors say of its value, since it is what was written', () => {
    expect(() => file('[streams]', 'max-unproven = "many"')).toThrow(
      ":7: 'max-unproven' in [streams] is 'many'; allowed: a whole number within 1 to 1000000",
    )
  })
})
