import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { type Change, changedText, textWithout } from '../../../src/config/clients/changed-text.js'
import { clientNames, findClient } from '../../../src/config/clients/find-client.js'
import { type ConfigFile, readConfigFile } from '../../../src/config/files/config-file.js'
import { ASKER } from '../../support/config/asker.js'
import { A, B, C, OWN } from '../../support/keys.js'
import { temporaryFile } from '../../support/temporary-file.js'

const HEAD = `# our server
[interface]
private-key = "${OWN.privateKey}" # secret
address = ["10.0.0.1/24"]
listen = ["udp://[::]:51820"]
`
const LAPTOP = `[[peer]] # Anna's
name = "laptop"   # the first
public-key = "${A.publicKey}" # since May
allowed-ips = [
  "10.0.0.2/32", # its own
]
`
const PHONE = `[[peer]]
public-key = '${B.publicKey}'
allowed-ips = ["10.0.0.3/32"]
name = "phone"
disabled = true
`
const SERVER = `${HEAD}
# people
${LAPTOP}
# things
${PHONE}
[log] # at the end
level = "warn"`

const read = (text: string, name = 'server.toml'): ConfigFile =>
  readConfigFile(temporaryFile(name, text), publicKeyOf, ASKER, BUILT_IN_TRAITS)
const change = (text: string, ...changes: readonly Change[]) =>
  changedText(read(text), changes, publicKeyOf, BUILT_IN_TRAITS)
const without = (text: string, index: number, name?: string) =>
  textWithout(read(text, name), index, publicKeyOf, BUILT_IN_TRAITS)
const peer = (
  index: number,
  key: 'disabled' | 'expires' | 'publicKey',
  value: string | true | undefined,
): Change => ({
  ...{ table: 'peer', index, key, value },
})

describe('the text of a file', () => {
  it('keeps all but the lines of a peer that goes', () => {
    expect(without(SERVER, 0)).toBe(SERVER.replace(`${LAPTOP}\n`, ''))
    expect(without(SERVER, 1)).toBe(SERVER.replace(`${PHONE}\n`, ''))
    expect(without(HEAD + LAPTOP, 0)).toBe(HEAD)
  })

  it('keeps the comment behind a value that changes, and where a key stands', () => {
    expect(change(SERVER, peer(0, 'publicKey', C.publicKey))).toBe(SERVER.replace(A.publicKey, C.publicKey))
    expect(change(SERVER, peer(1, 'publicKey', C.publicKey))).toBe(
      SERVER.replace(`'${B.publicKey}'`, `"${C.publicKey}"`),
    )
  })

  it('has a new key behind the others of its peer, and none that goes', () => {
    const text = change(SERVER, peer(0, 'expires', '2027-01-31'), peer(1, 'disabled', undefined))
    expect(text).toBe(
      SERVER.replace(LAPTOP, `${LAPTOP}expires = "2027-01-31"\n`).replace('disabled = true\n', ''),
    )
    expect(change(SERVER, { table: 'interface', index: 0, key: 'forward', value: true })).toBe(
      SERVER.replace('51820"]\n', '51820"]\nforward = true\n'),
    )
  })

  it('keeps the ends of lines that Windows writes', () => {
    const text = SERVER.replaceAll('\n', '\r\n')
    expect(change(text, peer(0, 'disabled', true))).toBe(
      text.replace('its own\r\n]\r\n', 'its own\r\n]\r\ndisabled = true\r\n'),
    )
    expect(without(text, 1)).toBe(SERVER.replace(`${PHONE}\n`, '').replaceAll('\n', '\r\n'))
  })

  it.each([
    [
      'peers in one list',
      `peer = [{ public-key = "${A.publicKey}", allowed-ips = ["10.0.0.2/32"] }]\n${HEAD}`,
    ],
    [
      'a key in many quotes',
      `${HEAD}[[peer]]\npublic-key = """${A.publicKey}"""\nallowed-ips = ["10.0.0.2/32"]\n`,
    ],
  ])('is left alone if it has %s', (_what, text) => {
    expect(() => change(text, peer(0, 'publicKey', C.publicKey))).toThrow('change it by hand')
  })

  it('is refused if it would be wrong afterwards', () => {
    expect(() => change(SERVER, peer(0, 'publicKey', B.publicKey))).toThrow('is that of peer')
    expect(() => change(SERVER, peer(0, 'expires', '2027-02-31'))).toThrow('"2027-01-31"')
  })

  it('loses exactly the lines of the peer, wherever comments and empty lines are', () => {
    const filler = fc.array(fc.constantFrom('', '# note', '  # [[peer]]', '\t'), { maxLength: 4 })
    const lines = (index: number, pair: string) => [
      '[[peer]]',
      `public-key = "${pair}"`,
      `allowed-ips = ["10.0.0.${index + 2}/32"]`,
    ]
    const keys = [A, B, C].map(({ publicKey }) => publicKey)
    fc.assert(
      fc.property(
        fc.array(filler, { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 0, max: 2 }),
        (gaps, gone) => {
          const text = [
            ...HEAD.trimEnd().split('\n'),
            ...keys.flatMap((key, index) => [...gaps[index]!, ...lines(index, key)]),
            ...gaps[3]!,
          ].join('\n')
          const left = without(text, gone).split('\n')
          const filled = (all: readonly string[]) => all.filter((line) => line.trim() !== '')
          expect(filled(left)).toEqual(
            filled(text.split('\n'))
              .filter((line) => !lines(gone, keys[gone]!).slice(1).includes(line))
              .filter(dropOne('[[peer]]', gone)),
          )
        },
      ),
      { numRuns: 50 },
    )
  })
})

/** Leaves out the line of that number among those that are the same. */
function dropOne(text: string, number: number): (line: string) => boolean {
  let seen = 0
  return (line) => line !== text || seen++ !== number
}

const CONF = `[Interface]
PrivateKey = ${OWN.privateKey}
Address = 10.0.0.1/24
ListenPort = 1 # ours

[Peer]
# laptop
PublicKey = ${A.publicKey} # since May
AllowedIPs = 10.0.0.2/32

[peer]
# phone
publickey=${B.publicKey}
AllowedIPs = 10.0.0.3/32
`

describe("the text of a file of wg-quick's", () => {
  it('keeps all else when a peer goes, or gets another key', () => {
    const phone = CONF.slice(CONF.indexOf('[peer]'))
    expect(without(CONF, 1, 'wg0.conf')).toBe(CONF.replace(`\n${phone}`, ''))
    const file = read(CONF, 'wg0.conf')
    expect(changedText(file, [peer(1, 'publicKey', C.publicKey)], publicKeyOf, BUILT_IN_TRAITS)).toBe(
      CONF.replace(B.publicKey, C.publicKey),
    )
  })

  it('cannot say that a peer is disabled, and what can is told', () => {
    const file = read(CONF, 'wg0.conf')
    expect(() => changedText(file, [peer(0, 'disabled', true)], publicKeyOf, BUILT_IN_TRAITS)).toThrow(
      /nothing that means 'disabled'; "qanat convert .*wg0.conf"/,
    )
  })
})

describe('a client', () => {
  it('is found by its name or its public key, in either format', () => {
    for (const file of [read(SERVER), read(CONF, 'wg0.conf')]) {
      expect(clientNames(file)).toEqual(['laptop', 'phone'])
      expect(findClient(file, 'phone')).toBe(1)
      expect(findClient(file, A.publicKey)).toBe(0)
      expect(() => findClient(file, 'lapto')).toThrow("did you mean 'laptop'?")
      expect(() => findClient(file, 'x')).toThrow('there are laptop, phone')
    }
  })
})
