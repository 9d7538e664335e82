import { once } from 'node:events'
import { parseProxies } from '../../../src/core/proxy/proxy-url.js'
import { PROXY_AUTHS } from '../../../src/core/settings/transport-settings.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { parseChallenges } from '../../../src/transports/proxy/challenges.js'
import { connectThroughHttp, type HttpTunnel } from '../../../src/transports/proxy/http-connect.js'
import { KnownLogin } from '../../../src/transports/proxy/known-login.js'
import { connectThroughSocks5 } from '../../../src/transports/proxy/socks5.js'
import { type Chance, joined } from '../../support/fuzz/chance.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'
import { scriptedSocket } from '../../support/fuzz/scripted-socket.js'

const SECRET = 'canary-password'
const CREDENTIALS = { user: 'user', password: SECRET }
const NEVER = new AbortController().signal
const SOCKS_ANSWERS = [
  [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  [5, 2, 1, 0, 5, 0, 0, 3, 4, 0x61, 0x62, 0x63, 0x64, 1, 1],
  [5, 2, 1, 0, 5, 0, 0, 4, ...new Array(18).fill(7)],
  [5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0],
  [5, 0xff],
]
const HTTP_ANSWERS = [
  'HTTP/1.1 200 Connection established\r\n\r\n',
  'HTTP/1.0 200 OK\r\nVia: x\r\nContent-Length: 5\r\n\r\n',
  'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n',
  'HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm="a\\"b", nonce="n", qop="auth,auth-int", algorithm=SHA-256\r\n\r\n',
  'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\n\r\n',
  'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\nContent-Length: 0\r\n\r\n',
]
const HTTP_WORDS = [
  '\r\n', '\r\n\r\n', '\n', '"', '\\', ',', '=', 'HTTP/1.1 ', '200', '407', '101', '100 Continue', SECRET, '\x1b[2J',
  'Proxy-Authenticate: ', 'Digest nonce="', 'Basic ', 'stale=true', 'Transfer-Encoding: chunked', 'Content-Length: -1',
] // biome-ignore format: words
const CHALLENGE = 'Digest realm="a", nonce="b", qop="auth", Basic realm="c", Negotiate dG9r'

/** What proxies answer, by SOCKS5 and by HTTP. */
export const proxies: FuzzParser = {
  name: 'proxies',
  about: 'answers of SOCKS5 and CONNECT proxies',
  share: 1_500,
  start: () => ({ round: (chance) => (chance.happens(0.5) ? socks5(chance) : http(chance)) }),
}

async function socks5(chance: Chance): Promise<void> {
  const genuine = Uint8Array.from(chance.pick(SOCKS_ANSWERS))
  const [credentials, isWhole] = [chance.happens(0.5) ? CREDENTIALS : undefined, chance.happens(0.3)]
  const tail = chance.bytes(chance.below(20))
  const answer = joined(isWhole ? genuine : chance.mutate(genuine), tail)
  const socket = scriptedSocket(chance.pieces(answer))
  const host = chance.pick(['vpn.invalid', '192.0.2.1', '2001:db8::1'])
  const request = { host, port: 1337, credentials, shown: 'PROXY', asking() {} }
  const refusal = await connectThroughSocks5(socket, request, NEVER).catch((thrown: Error) => thrown)
  if (refusal instanceof Error) tell(refusal)
  else if (isWhole)
    expectThat(Buffer.compare(await rest(socket), tail) === 0, 'what follows the answer was read')
  socket.destroy()
}

async function http(chance: Chance): Promise<void> {
  const answers = chance.some(2, () => chance.pick(HTTP_ANSWERS))
  const [named] = parseProxies(`http://user:${SECRET}@proxy.invalid:8080`)
  // The URL always has the secret: what a proxy says is redacted by it.
  const proxy = chance.happens(0.5) ? named! : { ...named!, credentials: undefined }
  let requests = 0
  const open = async () => {
    const genuine = answers[requests++] ?? HTTP_ANSWERS[0]!
    const text = chance.happens(0.2) ? genuine : chance.mutateText(genuine, HTTP_WORDS)
    const long = chance.happens(0.02) ? `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}` : text
    return scriptedSocket(chance.pieces(Buffer.from(long, 'latin1')))
  }
  const tunnel: HttpTunnel = {
    ...{ open, asking() {}, proxy, target: 'vpn.invalid:1337', headers: {}, clock: systemClock },
    auth: chance.pick(PROXY_AUTHS),
    known: new KnownLogin(systemClock),
  }
  const opened = await connectThroughHttp(tunnel, NEVER).catch((thrown: Error) => thrown)
  if (opened instanceof Error) tell(opened)
  else opened.destroy()
  expectThat(requests <= 5, `${requests} requests`)
  const challenges = parseChallenges([chance.mutateText(CHALLENGE, HTTP_WORDS)])
  for (const { scheme } of challenges) expectThat(scheme === scheme.toLowerCase(), 'a scheme in capitals')
}

/** What an error says: one line, without the password. */
function tell({ message }: Error): void {
  expectThat(/^[\x20-\x7e…]*$/.test(message), `not one printable line: ${JSON.stringify(message)}`)
  expectThat(!message.includes(SECRET), 'a refusal tells the password')
}

/** What is left in a socket. */
async function rest(socket: import('node:net').Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  if (!socket.readableEnded) await once(socket, 'end')
  return Buffer.concat(chunks)
}
