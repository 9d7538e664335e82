import { describe, expect, it } from 'vitest'
import { checkDescriptor, NAME_RULE } from '../../../src/app/plugins/descriptor-check.js'

const part = { summary: 'a part', create() {} }
const good = { api: 1, name: 'good', transports: { good: part } }

/** What is warned of in a plugin that is taken. */
function warningsOf(plugin: unknown): string[] {
  const warnings: string[] = []
  checkDescriptor(plugin, (why) => warnings.push(why))
  return warnings
}

describe('checkDescriptor', () => {
  it.each([
    ['parts of each kind', { ...good, ciphers: { a: part }, tunDrivers: { b: part } }],
    ['a setup', { ...good, setup() {} }],
    [
      'a packet hook',
      { ...good, packetHooks: { a: part, b: { ...part, sees: 'super-packets', edits: false } } },
    ],
    [
      'needs that are given',
      { ...good, needs: ['options', 'figures', 'container', 'log', 'clock', 'signal'] },
    ],
    ['what a transport needs', { ...good, needs: ['admit', 'groups', 'mark'] }],
    ['what one of its parts needs', { ...good, ciphers: { a: part }, needs: ['admit', 'peers'] }],
    ['what a packet hook needs', { api: 1, name: 'hooks', packetHooks: { a: part }, needs: ['mtu'] }],
    [
      'traits of a transport',
      {
        ...good,
        transports: { a: { ...part, kind: 'stream', idleProbe: 1, proxied: true, ports: { a: 1 } } },
      },
    ],
    ['schemes', { ...good, transports: { web: { ...part, schemes: ['ws', 'wss'] } } }],
  ])('takes a plugin with %s and warns of nothing', (_what, plugin) => {
    expect(warningsOf(plugin)).toEqual([])
  })

  it.each([
    [undefined, "it exports neither 'default' with 'api: 1' nor a function 'register'"],
    [7, "its default export is no object with 'api: 1'"],
    [null, "its default export is no object with 'api: 1'"],
    [{ name: 'good' }, "its default export lacks 'api: 1'"],
    [{ ...good, api: 2 }, 'it is written for plugin api 2; this version of Qanat has 1'],
    [{ ...good, api: '1' }, 'it is written for plugin api "1"; this version of Qanat has 1'],
    [
      { ...good, name: 'My Part' },
      "its name is \"My Part\"; 'name' must be lower-case letters, digits and dashes, and not 'constructor' or 'prototype'",
    ],
    [
      { ...good, name: undefined },
      "its name is undefined; 'name' must be lower-case letters, digits and dashes, and not 'constructor' or 'prototype'",
    ],
    [{ ...good, name: 'constructor' }, `its name is "constructor"; ${NAME_RULE}`],
    [{ ...good, ciphers: { prototype: part } }, `a cipher of it has the name "prototype"; ${NAME_RULE}`],
    [{ ...good, needs: ['log', 'future'] }, "it needs 'future', which this version of Qanat does not give"],
    [{ ...good, needs: [7] }, 'it needs 7, which this version of Qanat does not give'],
    [{ ...good, needs: ['toString'] }, "it needs 'toString', which this version of Qanat does not give"],
    [{ ...good, needs: ['peers'] }, "it needs 'peers', which only a cipher is given; it offers none"],
    [
      { api: 1, name: 'tun', tunDrivers: { a: part }, needs: ['mtu'] },
      "it needs 'mtu', which only a cipher or a packet hook is given; it offers none",
    ],
    [{ ...good, needs: 'log' }, "its 'needs' is no list of names such as ['log']"],
    [{ ...good, options: { a: 7 } }, "its option 'a' is no object"],
    [{ ...good, figures: { a: 7 } }, "its figure 'a' is no object"],
    [{ ...good, setup: true }, "its 'setup' is no function"],
    [{ api: 1, name: 'empty' }, 'it offers no transport, cipher, TUN driver or packet hook'],
    [{ api: 1, name: 'empty', ciphers: {} }, 'it offers no transport, cipher, TUN driver or packet hook'],
    [
      { api: 1, name: 'odd', packetHook: { odd: part } },
      "it offers no transport, cipher, TUN driver or packet hook; it has the member 'packetHook', which this version of Qanat does not know; did you mean 'packetHooks'?",
    ],
    [{ ...good, api: undefined, apis: 1 }, "its default export lacks 'api: 1'; it has 'apis' in its place"],
    [
      { ...good, name: undefined, nam: 'a' },
      `its name is undefined; it has 'nam' in its place; ${NAME_RULE}`,
    ],
    [
      { ...good, ciphers: { rot: { sumary: '', create() {} } } },
      "its cipher 'rot' lacks the string 'summary'; it has 'sumary' in its place",
    ],
    [
      {
        api: 1,
        name: 'odd',
        packetHooks: { odd: part },
        options: { a: { type: 'whole', help: 'a', in: ['endpoint'] } },
      },
      "its option 'a' is for endpoints, and it has no transport; leave 'in' out",
    ],
    [{ ...good, transports: [part] }, "its 'transports' is no object that names each transport"],
    [
      { ...good, ciphers: { 'Rot 13': part } },
      "a cipher of it has the name \"Rot 13\"; 'name' must be lower-case letters, digits and dashes, and not 'constructor' or 'prototype'",
    ],
    [
      { ...good, packetHooks: { filter: { ...part, sees: 'all' } } },
      'its packet hook \'filter\' sees "all"; \'sees\' must be "packets" or "super-packets"',
    ],
    [
      { ...good, packetHooks: { filter: { ...part, edits: 'no' } } },
      "its packet hook 'filter' has 'edits' \"no\"; it must be true or false",
    ],
    [
      { ...good, transports: { a: { ...part, kind: 'udp' } } },
      "its transport 'a' has 'kind' \"udp\"; it must be 'datagram' or 'stream'",
    ],
    [
      { ...good, transports: { a: { ...part, idleProbe: 0 } } },
      "its transport 'a' has 'idleProbe' 0; it must be milliseconds above 0",
    ],
    [
      { ...good, transports: { a: { ...part, proxied: 'yes' } } },
      "its transport 'a' has 'proxied' \"yes\"; it must be true or false",
    ],
    [
      { ...good, transports: { a: { ...part, ports: { a: 0 } } } },
      "its transport 'a' has 'ports' {\"a\":0}; it must be a port within 1 to 65535 for each scheme",
    ],
    [
      { ...good, transports: { a: { ...part, groups: ['tsl'] } } },
      "its transport 'a' has 'groups' [\"tsl\"]; it must be a list of tls, websocket, streams",
    ],
    [{ ...good, ciphers: { rot: 7 } }, "its cipher 'rot' is no object"],
    [{ ...good, ciphers: { rot: { create() {} } } }, "its cipher 'rot' lacks the string 'summary'"],
    [{ ...good, tunDrivers: { dev: { summary: '' } } }, "its TUN driver 'dev' lacks the function 'create'"],
  ])('refuses %j', (plugin, why) => {
    expect(() => warningsOf(plugin)).toThrow(new Error(why))
  })

  it('warns of members that are not known, with a suggestion', () => {
    expect(warningsOf({ ...good, transport: {}, xyz: 1 })).toEqual([
      "it has the member 'transport', which this version of Qanat does not know; did you mean 'transports'?",
      "it has the member 'xyz', which this version of Qanat does not know; known are api, name, needs, options, figures, needsRoot, setup, update, close, transports, ciphers, tunDrivers, packetHooks",
    ])
    expect(warningsOf({ ...good, transports: { good: { ...part, scheme: ['x'] } } })).toEqual([
      "its transport 'good' has the member 'scheme', which this version of Qanat does not know; did you mean 'schemes'?",
    ])
  })
})
