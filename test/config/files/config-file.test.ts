import { chmodSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { readConfigFile } from '../../../src/config/files/config-file.js'
import { ASKER } from '../../support/config/asker.js'
import { A, OWN } from '../../support/keys.js'
import { temporaryFile } from '../../support/temporary-file.js'

const REST = `address = ["10.0.0.1/24"]\nlisten = ["udp://[::]:1"]\n[[peer]]\npublic-key = "${A.publicKey}"\n`
const WITH_KEY = `[interface]\nprivate-key = "${OWN.privateKey}"\n${REST}`
const WITH_KEY_FILE = `[interface]\nprivate-key-file = "key"\n${REST}`

const read = (path: string) => readConfigFile(path, publicKeyOf, ASKER, BUILT_IN_TRAITS)

describe('readConfigFile', () => {
  it('reads a file of its owner', () => {
    const path = temporaryFile('a.toml', WITH_KEY)
    const { model, format, remarks } = read(path)
    expect(model.interface.privateKey).toBe(OWN.privateKey)
    expect(format).toBe('toml')
    expect(remarks).toEqual([])
  })

  it('reads a file of wg-quick without a private key, and tells that the tunnel waits for one', () => {
    const peer = `[Peer]\nPublicKey = ${A.publicKey}\n`
    const path = temporaryFile('a.conf', `[Interface]\nAddress = 10.0.0.1/24\nListenPort = 1\n${peer}`)
    const { model, remarks } = read(path)
    expect(model.interface.cipher).toBe('wireguard')
    expect(remarks.map(({ text }) => text)).toEqual([
      `'PrivateKey' in [Interface] is missing: the tunnel carries nothing until "wg set" gives it one`,
    ])
  })

  it('reads one in TOML without a private key only if it names the cipher', () => {
    const { remarks } = read(temporaryFile('a.toml', `[interface]\ncipher = "wireguard"\n${REST}`))
    expect(remarks.map(({ text }) => text)).toEqual([
      `'private-key' in [interface] is missing: the tunnel carries nothing until "wg set" gives it one`,
    ])
    expect(() => read(temporaryFile('b.toml', `[interface]\n${REST}`))).toThrow(
      "'private-key' in [interface] is missing; make",
    )
  })

  it.each([
    [0o604, 'read its keys, too'],
    [0o620, 'change its keys'],
  ])('refuses one with a key and the mode %o', (mode, what) => {
    const path = temporaryFile('a.toml', WITH_KEY, mode)
    expect(() => read(path)).toThrow(`its mode is ${mode.toString(8)}, so others may ${what}`)
  })

  it.each([
    ['a preshared key', `${WITH_KEY_FILE}preshared-key = "${OWN.privateKey}"`],
    ["a proxy's password", `${WITH_KEY_FILE}proxy = "http://user:password@proxy"`],
    ['a shared key', WITH_KEY.replace(/private-key.*/, 'key = "1234"').replace(/public-key.*/, '')],
  ])('counts %s among the keys', (_what, text) => {
    expect(() => read(temporaryFile('a.toml', text, 0o644))).toThrow('others may read')
    expect(read(temporaryFile('a.toml', text, 0o600))).toBeDefined()
  })

  it('reads one without a key whoever else may', () => {
    expect(read(temporaryFile('a.toml', WITH_KEY_FILE, 0o644)).model.peers).toHaveLength(1)
  })

  it('reads hooks and plugins whoever may write them, since nothing runs them', () => {
    const text = WITH_KEY_FILE.replace('[interface]', '[interface]\npre-up = ["true"]\nplugins = ["./a.js"]')
    expect(() => read(temporaryFile('a.toml', text, 0o666))).toThrow(
      'others may choose its key, certificate and PAC files',
    )
    const client = `[Interface]\nPrivateKey = ${OWN.privateKey}\nAddress = 10.0.0.1/24\nListenPort = 1\nPostUp = true\n`
    const path = temporaryFile('a.conf', `${client}[Peer]\nPublicKey = ${A.publicKey}\n`)
    chmodSync(dirname(path), 0o777)
    expect(read(path).model.interface.postUp).toEqual(['true'])
  })

  it('takes files of Windows, with a byte order mark and its ends of lines', () => {
    for (const [name, text] of [
      ['a.toml', WITH_KEY],
      [
        'a.conf',
        `[Interface]\nPrivateKey = ${OWN.privateKey}\nAddress = 10.0.0.1/24\nListenPort = 1\n[Peer]\nPublicKey = ${A.publicKey}\n`,
      ],
    ] as const) {
      const path = temporaryFile(name, `\ufeff${text.replaceAll('\n', '\r\n')}`)
      expect(read(path).model.peers[0]!.publicKey).toBe(A.publicKey)
    }
  })

  it('takes any bytes in remarks of a wg-quick file, as wg does, and nowhere else', () => {
    const text = `[Interface] # B\xfcro\nPrivateKey = ${OWN.privateKey}\n`
    const file = (name: string, more: string) => temporaryFile(name, Buffer.from(text + more, 'latin1'))
    expect(read(file('a.conf', '')).model.interface.privateKey).toBe(OWN.privateKey)
    const path = file('b.conf', 'PostUp = echo B\xfcro\n')
    const why = 'the line is not in UTF-8; save the file in that encoding'
    expect(() => read(path)).toThrow(`Cannot use ${path}:3: ${why}`)
    const toml = file('a.toml', '')
    expect(() => read(toml)).toThrow(`Cannot use ${toml}:1: ${why}`)
  })

  it('tells a format by the name alone', () => {
    expect(() => read(temporaryFile('a.txt', WITH_KEY))).toThrow(
      /must end with \.toml, or with \.conf for wg-quick's format$/,
    )
  })

  it.each([
    ['that is not there', () => '/nowhere/a.toml', /^Cannot use \/nowhere\/a\.toml: ENOENT/],
    [
      'that is a folder',
      () => `${temporaryFolder()}/../`.replace(/\/\.\.\/$/, ''),
      /^Cannot use .*: its name must end/,
    ],
    ['that is no text', () => temporaryFile('a.toml', ''), /\[interface\] is missing$/],
  ])('refuses a file %s', (_what, path, message) => {
    expect(() => read(path())).toThrow(message)
  })
})
