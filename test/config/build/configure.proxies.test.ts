import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import type { ConfigModel } from '../../../src/config/schema/model.js'
import { asError } from '../../../src/core/api/errors.js'
import { chooseProxy } from '../../../src/core/proxy/choose-proxy.js'
import { A, OWN } from '../../support/keys.js'
import { FrontDoors } from './front-doors.js'

describe('a proxy', () => {
  const forms = fc.constantFrom(
    'none',
    'proxy:3128',
    'socks5h://proxy',
    'DOMAIN\\\\user:pa@ss@proxy:3128',
    'https://user:p%2Fss@[::1]',
    'http://user:p/ss@proxy',
    'http://user:p%ss@proxy',
    'http://user:p#ss@proxy',
    'proxy',
    'socks4://proxy',
    'http://proxy/path',
    'http://user:p@ss@one socks5://two',
    'http://one two:1',
  )
  const endpoint = 'wss://vpn.example.org/'
  const peer = { publicKey: A.publicKey, allowedIps: ['10.0.0.2/32'], endpoints: [endpoint] }
  const own = { name: 'wg0', privateKey: OWN.privateKey, address: ['10.0.0.1/24'] }

  it('is taken or refused alike in files, in options, by the library and in the environment', () => {
    const doors = new FrontDoors(temporaryFolder())
    fc.assert(
      fc.property(forms, (proxy) => {
        const said: ConfigModel = { interface: own, peers: [{ ...peer, proxy }] }
        const silent: ConfigModel = { interface: own, peers: [peer] }
        const byVariable = () => {
          process.env.ALL_PROXY = proxy
          try {
            return doors.object(silent)
          } finally {
            delete process.env.ALL_PROXY
          }
        }
        const ways = [
          byVariable,
          () => doors.file('toml', said),
          () => doors.file(proxy.includes('#') ? 'toml' : 'wg-quick', said), // a comment begins there
          () => doors.flags(said),
          () => doors.object(said),
        ]
        const outcomes = ways.map((way) => {
          try {
            const { proxy: settings } = way().transports!
            return chooseProxy(new URL(endpoint), 443, { ...settings, environment: { ALL_PROXY: proxy } })
              .proxies
          } catch (thrown) {
            return asError(thrown).message.replace(/^.*(?:pac\+file:PATH; |ALL_PROXY: )/, '')
          }
        })
        for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0])
      }),
      { numRuns: 22 },
    )
  })

  it.each([
    [
      'pac+https://pac.example/p?token=1 http://user:secret@proxy:3128',
      'pac+https://pac.example/p',
      undefined,
    ],
    ['pac+file:proxy.pac', 'pac+file:proxy.pac', 'the script'],
  ])('by a PAC file is taken in files, in options and by the library: %s', (proxy, shown, script) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'proxy.pac'), 'the script')
    const doors = new FrontDoors(folder)
    const said: ConfigModel = { interface: own, peers: [{ ...peer, proxy }] }
    for (const config of [doors.file('toml', said), doors.file('wg-quick', said), doors.object(said)]) {
      const settings = config.transports!.proxy!
      expect(settings.script).toBe(script)
      const { pac } = chooseProxy(new URL(endpoint), 443, settings)
      expect(pac!.shown).toBe(shown)
      expect(pac!.logins.map(({ credentials }) => credentials?.password)).toEqual(script ? [] : ['secret'])
    }
  })

  it('by a PAC file that is not there, or longer than 1 MiB, is refused', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'long.pac'), ' '.repeat(1_048_577))
    const doors = new FrontDoors(folder)
    const byFile = (proxy: string) => doors.file('toml', { interface: own, peers: [{ ...peer, proxy }] })
    expect(() => byFile('pac+file:long.pac')).toThrow('long.pac: it is longer than 1048576 bytes')
    expect(() => byFile('pac+file:none.pac')).toThrow('none.pac')
  })
})
