import { beforeEach, describe, expect, it } from 'vitest'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { modelOf } from '../../../src/config/check/parsed.js'
import { parseText } from '../../../src/config/files/format.js'
import type { Format } from '../../../src/config/schema/formats.js'
import { parseListen, parsePeer } from '../../../src/config/schema/parse.js'
import { SECRET_END, Seen, withLogin, withSecrets } from '../../support/core/canaries.js'

let seen: Seen
beforeEach(() => {
  seen = new Seen()
})

describe('text in place of a URL shows no secret', () => {
  const login = withLogin('://').slice(3)
  const TEXTS = [
    withSecrets('ws://host:99999/door'),
    withSecrets('ws:///'),
    withSecrets('ws://'),
    withSecrets('ws://ho st'),
    withSecrets('ws:/host').replace(':/', `:/${login}`),
    `${login}host:1337`,
    `${login}host`,
    `${login}[::1]:1337`,
    `host${SECRET_END}`,
    `host:1337${SECRET_END}`,
    `host:${login}1337`,
    `ws://canary user:canary/pass@host:99999`,
    `ws://canary-user:canary?pass#word@host`,
    `canary-user:canary?pass@host`,
    `ws://canary-user:canary%40host:x`,
    `ws://host:99999/door%3Ftoken=canary`,
    `[${login}host]`,
  ]

  it.each(TEXTS)('on the command line: %#', (text) => {
    for (const parse of [parsePeer, parseListen]) {
      for (const scheme of ['udp', 'ws', text]) {
        try {
          parse(text, scheme, BUILT_IN_TRAITS.transport)
          expect.unreachable()
        } catch (thrown) {
          seen.add(thrown)
        }
      }
    }
    seen.expectNoSecret('Cannot read')
  })

  it.each(TEXTS)('in files of both formats: %#', (text) => {
    const quoted = JSON.stringify(text)
    const files: [Format, string][] = [
      ['toml', `[interface]\nlisten = [${quoted}]\n[[peer]]\nendpoints = [${quoted}]\nproxy = ${quoted}`],
      ['toml', `[interface]\nlisten = ${quoted}\n[[peer]]\nendpoints = ${quoted}`],
      ['toml', `[interface]\n${quoted} = 1\nlisten = ["ws://host", ${text}`],
      ['wg-quick', `[Interface]\nAddress = 10.0.0.1/24\n[Peer]\nEndpoint = ${text}\nProxy = ftp://${text}`],
      ['wg-quick', `[Interface]\nEndpoint ${text} = 1\n${text}\n[Peer]\nEndpoint: ${text}\n[${text}]`],
    ]
    for (const [format, content] of files) {
      try {
        modelOf('wg0', parseText(format, 'wg0', content), publicKeyOf, BUILT_IN_TRAITS)
        expect.unreachable()
      } catch (thrown) {
        seen.add(String(thrown))
      }
    }
    seen.expectNoSecret('Cannot use wg0')
  })
})
