import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { modelOf, type Parsed } from '../../../src/config/check/parsed.js'
import { readToml } from '../../../src/config/toml/read.js'
import { writeToml } from '../../../src/config/toml/write.js'
import { readWgQuick } from '../../../src/config/wg-quick/read.js'
import { ConfigError } from '../../../src/core/api/errors.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'

const PRIVATE = '+O9cnWqseXk/11EaR3J7SpoltXxgLHE2tCZT1pegmm0='
const PUBLIC = '3kr1ARYHEsSwImrZ3RKvGGLRsQ3RlQCaNrp3wyn8STg='
const TOML = `[interface]
private-key = "${PRIVATE}"
address = ["10.20.0.2/32", "fd20::2/128"]
listen = ["udp://[::]:51820", "ws://0.0.0.0:8080/t"]
mtu = 1400
post-up = ["true"]

[server]
push-routes = ["10.99.0.0/24"]

[[peer]]
name = "server"
public-key = "${PUBLIC}"
allowed-ips = ["10.20.0.0/24", "fd20::/64"]
accept = ["routes", "dns"]
endpoints = ["udp://vpn.example.org:51820", "wss://vpn.example.org/t"]
keepalive = 25
`
const WG_QUICK = `[Interface]
PrivateKey = ${PRIVATE}
Address = 10.20.0.2/24, fd20::2/64
ListenPort = 51820
DNS = 10.20.0.1, example.org
MTU = 1400
FwMark = 0xca6c
PostUp = true
# a remark

[Peer]
PublicKey = ${PUBLIC}
PresharedKey = ${PRIVATE}
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = [2001:db8::1]:51820
PersistentKeepalive = 25
`
// biome-ignore format: words
const WORDS = [
  '\n', '\r\n', '[', ']', '[[', ']]', '"', '"""', "'", '=', '#', ',', '{', '}', '\\u0000', '\\', '0x', '-1', '1e9', 'true', 'off', '::/0', '/33',
  'udp://', 'http://', '[interface]', '[[peer]]', '[Peer]', '[Interface]', 'public-key', 'Table = off', '__proto__', 'constructor',
  'hasOwnProperty', '1979-05-27', 'inf', 'nan', '99999999999999999999', '{ a = 1 }', '\uFEFF', '\0', 'é', '\u{1f511}',
]

/** Files in TOML. What is right has to be the same once it was written. */
export const toml: FuzzParser = {
  name: 'toml',
  about: 'files in TOML, of another user as a rule of sudo may allow',
  share: 1_500,
  start: () => ({
    round(chance) {
      const model = modelOrRefusal(() =>
        readToml('a.toml', chance.happens(0.05) ? TOML : chance.mutateText(TOML, WORDS)),
      )
      if (model === undefined) return
      const again = modelOf(
        'b.toml',
        readToml('b.toml', writeToml(model).text),
        publicKeyOf,
        BUILT_IN_TRAITS,
      ).model
      expectThat(JSON.stringify(again) === JSON.stringify(model), 'it differs once it was written')
    },
  }),
}

/** Files in wg-quick's format. */
export const wgQuick: FuzzParser = {
  name: 'wg-quick',
  about: "files in wg-quick's format, of another user",
  share: 1_500,
  start: () => ({
    round(chance) {
      modelOrRefusal(() => readWgQuick(chance.happens(0.05) ? WG_QUICK : chance.mutateText(WG_QUICK, WORDS)))
    },
  }),
}

/** A model, or undefined where a file is refused: by an error that tells why, each line of it with a name. */
function modelOrRefusal(read: () => Parsed) {
  try {
    return modelOf('a.file', read(), publicKeyOf, BUILT_IN_TRAITS).model
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    const { message } = thrown
    expectThat(
      message.split('\n').every((line) => line.startsWith('Cannot use ')),
      message,
    )
    expectThat(!message.includes(PRIVATE), `a refusal tells the key: ${message}`)
    return undefined
  }
}
