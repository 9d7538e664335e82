import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { admitObject } from '../../../src/app/library/read-object.js'
import { readTunnelFile } from '../../../src/cli/run/tunnel-file.js'
import { writeText } from '../../../src/config/files/format.js'
import { A, OWN } from '../../support/keys.js'
import { FrontDoors } from './front-doors.js'

const BARE = `[interface]
private-key = "${OWN.privateKey}"
address = ["10.0.0.1/24"]
[[peer]]
public-key = "${A.publicKey}"
endpoints = ["udp://192.0.2.1:51820"]
`

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})

/** What a file with this text says of the options of plugins. */
function said(text: string) {
  const path = join(folder, 'office.toml')
  writeFileSync(path, `${BARE}${text}`, { mode: 0o600 })
  return readTunnelFile(path).config.pluginOptions
}

describe('options of plugins', () => {
  it('are tables of a file, members of an object or options of a command line', () => {
    const tables = { 'my-nats': { values: { 'ping-every': '2 s', servers: ['a'] }, secrets: {} } }
    expect(said('')).toBeUndefined()
    expect(said('[plugin.my-nats]\nping-every = "2 s"\nservers = ["a"]\n')).toEqual({ folder, tables })
    const { config } = admitObject(
      {
        interface: { privateKey: OWN.privateKey, address: ['10.0.0.1/24'] },
        peers: [{ publicKey: A.publicKey, endpoints: ['udp://192.0.2.1:51820'] }],
        plugin: { 'my-nats': { pingEvery: '2 s', servers: ['a'] } },
      },
      folder,
    ).whole(BUILT_IN_TRAITS)
    expect(config.pluginOptions).toEqual({ folder, tables })
    const typed = ['10.0.0.1', '10.0.0.2', '--key', 'ab'.repeat(32)]
    const set = ['--set', 'my-nats.ping-every=2 s', '--set', 'my-nats.servers=a=b,c']
    const values = { 'ping-every': '2 s', servers: 'a=b,c' }
    expect(new FrontDoors(folder).typed([...typed, ...set]).pluginOptions).toEqual({
      folder: '.',
      tables: { 'my-nats': { values, secrets: {} } },
    })
  })

  it.each(['constructor', 'prototype', '__proto__'])(
    'named %s are refused, as is a plugin of that name',
    (name) => {
      const plugin = / is unknown: no plugin has that name$/m
      const option = / is unknown: no option has that name$/m
      const path = join(folder, 'office.toml')
      expect(() => said(`[plugin.${name}]\na = 1\n`)).toThrow(`${path}:7: [plugin.${name}] is unknown`)
      expect(() => said(`[plugin.nats]\n${name} = 1\n`)).toThrow(
        `${path}:8: '${name}' in [plugin.nats] is unknown`,
      )
      const own = { privateKey: OWN.privateKey, address: ['10.0.0.1/24'] }
      const peers = [{ publicKey: A.publicKey, endpoints: ['udp://192.0.2.1:51820'] }]
      const table = { [name]: 1 }
      expect(() =>
        admitObject({ interface: own, peers, plugin: { [name]: {} } }, folder).whole(BUILT_IN_TRAITS),
      ).toThrow(plugin)
      expect(() =>
        admitObject({ interface: own, peers, plugin: { nats: table } }, folder).whole(BUILT_IN_TRAITS),
      ).toThrow(option)
      const typed = (set: string) => () =>
        new FrontDoors(folder).typed(['10.0.0.1', '10.0.0.2', '--key', 'ab'.repeat(32), '--set', set])
      if (name === '__proto__') return // no NAME.KEY at all
      expect(typed(`${name}.a=1`)).toThrow(plugin)
      expect(typed(`nats.${name}=1`)).toThrow(option)
    },
  )

  it('that are secrets are read where the file says that they are, and by nobody else', () => {
    const token = join(folder, 'token')
    writeFileSync(token, 'hidden\n', { mode: 0o600 })
    const text = '[plugin.nats]\ntoken-file = "token"\n'
    expect(said(text)?.tables).toEqual({ nats: { values: {}, secrets: { token: 'hidden' } } })
    chmodSync(token, 0o644)
    const file = join(folder, 'office.toml')
    expect(() => said(text)).toThrow(
      `Cannot use ${file}:8: option 'token-file' of plugin 'nats': cannot read ${token}: `,
    )
    process.env.QANAT_TEST_TOKEN = 'hidden as well'
    const inEnvironment = '[plugin.nats]\ntoken-env = "QANAT_TEST_TOKEN"\n'
    expect(said(inEnvironment)?.tables).toEqual({
      nats: { values: {}, secrets: { token: 'hidden as well' } },
    })
    delete process.env.QANAT_TEST_TOKEN
    expect(() => said(inEnvironment)).toThrow(
      `${file}:8: option 'token-env' of plugin 'nats': the environment has no such variable`,
    )
  })

  it.each([
    ['token-file = "none"', /:8: option 'token-file' of plugin 'nats': cannot read .*none: ENOENT/],
    ['token-file = ""', /:8: option 'token-file' of plugin 'nats': it is not the path of a file$/],
    ['token-file = 7', /:8: option 'token-file' of plugin 'nats': it is not the path of a file$/],
    ['token-env = ""', /:8: option 'token-env' of plugin 'nats': it is not the name of a variable$/],
    [
      'token-env = "PATH"\ntoken-file = "office.toml"',
      /:9: option 'token-file' of plugin 'nats': its secret has two places; give 'token-file' or 'token-env'$/,
    ],
    [
      'a-env = "QANAT_NONE"\nb-env = "QANAT_NONE"',
      /:8: option 'a-env' .*\n.*:9: option 'b-env' of plugin 'nats': the environment/,
    ],
  ])('that are secrets have one place, where they are: not %s', (table, why) => {
    expect(() => said(`[plugin.nats]\n${table}\n`)).toThrow(why)
  })

  it('that are wrong are called by a program as it wrote them', () => {
    const plugin = { 'port-drop': { firstPorts: [7] as never } }
    const own = { privateKey: OWN.privateKey, address: ['10.0.0.1/24'] }
    expect(() => admitObject({ interface: own, peers: [], plugin }, folder)).toThrow(
      "'plugin['port-drop'].firstPorts' is a list whose item 1 is 7, which is no text; allowed: ",
    )
  })

  it.each([
    ['[plugin]\nnats = 7\n', '[plugin.nats] is 7; allowed: a table with options of the plugin, see'],
    ['[plugin.nats]\nx = { y = 1 }\n', "'x' in [plugin.nats] is"],
    ['[plugin.Nats]\nx = 1\n', '[plugin'],
    ['[[plugin]]\nx = 1\n', '[plugin'],
  ])('are refused if they are no tables of values: %j', (text, why) => {
    expect(() => said(text)).toThrow(why)
  })

  it('stay as they are if a file is written anew, whatever the plugin is called', () => {
    const path = join(folder, 'office.toml')
    writeFileSync(path, `${BARE}[plugin.noise-2]\nmax-streams = 7\n`, { mode: 0o600 })
    const { text } = writeText('toml', readTunnelFile(path).model)
    expect(text).toContain('[plugin.noise-2]\nmax-streams = 7\n')
    expect(writeText('wg-quick', readTunnelFile(path).model).remarks).toContain(
      '[plugin] is lost: wg-quick files do not have it',
    )
  })

  it.each([
    ['nats', "Cannot read --set 'nats': give NAME.KEY=VALUE"],
    ['nats.token', "Cannot read --set 'nats.token': give NAME.KEY=VALUE"],
    ['Nats.x=hidden', "Cannot read --set 'Nats.x': give NAME.KEY=VALUE"],
  ])('on a command line have a name, a key and a value: --set %s', (set, why) => {
    const typed = () =>
      new FrontDoors(folder).typed(['10.0.0.1', '10.0.0.2', '--key', 'ab'.repeat(32), '--set', set])
    expect(typed).toThrow(new RegExp(`^${why}$`))
  })

  it('on a command line stand there once', () => {
    const set = ['--set', 'nats.x=1', '--set', 'nats.x=2']
    const typed = () =>
      new FrontDoors(folder).typed(['10.0.0.1', '10.0.0.2', '--key', 'ab'.repeat(32), ...set])
    expect(typed).toThrow("Cannot take --set 'nats.x' twice")
  })
})
