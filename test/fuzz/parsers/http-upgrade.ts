import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { removeTemporaryFolders, temporaryFolder } from '../../../lab/temporary-folder.js'
import type { LinkHandlers } from '../../../src/core/api/transport.js'
import { CLIENT_ADDRESS_HEADERS } from '../../../src/core/settings/option-groups.js'
import { ClientAddress } from '../../../src/transports/websocket/requests/client-address.js'
import { CookieJar } from '../../../src/transports/websocket/requests/cookie-jar.js'
import { upgrade } from '../../../src/transports/websocket/upgrade.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import type { Chance } from '../../support/fuzz/chance.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'
import { scriptedSocket } from '../../support/fuzz/scripted-socket.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

const SECRET = 'canary-password'
const NEVER = new AbortController().signal
const REQUEST =
  'GET /tunnel?x=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n'
/** What stands in a file beside the document root, to which a link in it leads. */
const HIDDEN = 'nothing for visitors'
const VISIT = 'GET /sub/page.html HTTP/1.1\r\nHost: x\r\nIf-None-Match: "x"\r\nRange: bytes=0-1\r\n\r\n'
const ANSWERS = [
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
  'HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n',
  'HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\n\r\n',
]
// biome-ignore format: words
const WORDS = [
  '\r\n', '\r\n\r\n', '\n', ':', '%2e%2e/', '/../', '//', '?', 'http://x/', 'HEAD ', 'POST ', 'CONNECT ', 'OPTIONS * ',
  'HTTP/1.0', 'HTTP/2.0', '101', '100 Continue', 'Transfer-Encoding: chunked\r\n', 'Content-Length: 5\r\n', 'Content-Length: -1\r\n',
  'Expect: 100-continue\r\n', 'Upgrade: h2c\r\n', 'Sec-WebSocket-Version: 8\r\n', 'Sec-WebSocket-Extensions: permessage-deflate\r\n',
  'Sec-WebSocket-Protocol: ,\r\n', 'Connection: keep-alive\r\n', '\0', '\x1b[2J', SECRET, ', 10.0.0.1', '[::1]', '/link', '/folder/', '/%2e%2e/hidden.txt', '/..%2fhidden.txt', '/sub/../../hidden.txt', '%00', '\\\\',
]
/** Keeps nothing of what comes, so that memory which grows is the parser's. */
const DEAF: LinkHandlers = { receive() {}, drained() {}, closed() {}, failed() {} }
/** What a web server may say: the status of an answer, or nothing. */
const ANSWER = /^(?:HTTP\/1\.1 (?:101|1\d\d|2\d\d|3\d\d|4\d\d|5\d\d) |$)/

/** The upgrade to a WebSocket, at both ends. */
export const httpUpgrade: FuzzParser = {
  name: 'http-upgrade',
  about: 'requests of anybody to a listening WebSocket, and answers to the end that dials',
  share: 300,
  async start() {
    const websocket = { documentRoot: documentRoot() }
    const transport = new WebSocketTransport({ localPort: 0, websocket }, testParts())
    const listener = await transport.listen(new URL('ws://127.0.0.1:0/tunnel'), DEAF)
    const port = Number(listener.endpoint.port)
    return {
      async round(chance) {
        await (chance.happens(0.5) ? request(chance, port) : answer(chance))
        clientAddress(chance)
      },
      async close() {
        const said = await exchange(port, [Buffer.from(REQUEST)])
        expectThat(said.startsWith('HTTP/1.1 101 '), `no upgrade any more, but ${said}`)
        await listener.close()
        removeTemporaryFolders()
      },
    }
  },
}

/** A folder with files to see, and beside it one that is not. */
function documentRoot(): string {
  const folder = temporaryFolder()
  const root = join(folder, 'root')
  mkdirSync(join(root, 'sub'), { recursive: true })
  for (const page of ['index.html', 'sub/page.html']) writeFileSync(join(root, page), 'a page')
  writeFileSync(join(folder, 'hidden.txt'), HIDDEN)
  symlinkSync('../hidden.txt', join(root, 'link'))
  symlinkSync('..', join(root, 'folder'))
  return root
}

async function request(chance: Chance, port: number): Promise<void> {
  const genuine = chance.pick([REQUEST, VISIT])
  const text = chance.happens(0.1) ? genuine : chance.mutateText(genuine, WORDS)
  const bytes = Buffer.from(text, 'latin1')
  const said = await exchange(port, chance.pieces(chance.happens(0.1) ? chance.mutate(bytes) : bytes))
  expectThat(!said.includes(HIDDEN), `it shows what is hidden: ${JSON.stringify(text)}`)
  expectThat(ANSWER.test(said), `it answers ${JSON.stringify(said.slice(0, 100))}`)
}

/** What a web server says to these bytes, behind which the client ends its half. */
function exchange(port: number, pieces: readonly Uint8Array[]): Promise<string> {
  return new Promise((resolve) => {
    let said = ''
    const socket = net.connect(port, '127.0.0.1')
    socket.on('data', (chunk) => {
      said += chunk.toString('latin1')
      // What answered goes on waiting for another request, or for datagrams.
      socket.end()
    })
    socket.on('error', () => {})
    socket.once('close', () => resolve(said))
    for (const piece of pieces) socket.write(piece)
    if (pieces.length === 0 || !Buffer.concat(pieces).includes('\r\n\r\n')) socket.end()
    else setTimeout(() => socket.end(), 20).unref()
  })
}

async function answer(chance: Chance): Promise<void> {
  const text = chance.mutateText(chance.pick(ANSWERS), WORDS)
  const socket = scriptedSocket(chance.pieces(Buffer.from(text, 'latin1')))
  const endpoint = new URL(`ws://me:${SECRET}@vpn.invalid/tunnel`)
  const refusal = await upgrade(
    socket,
    endpoint,
    { begins() {}, headers: {}, cookies: new CookieJar(Date.now) },
    async () => undefined,
    NEVER,
  ).catch((thrown: Error) => thrown)
  socket.destroy()
  if (refusal === undefined) throw new Error('it took an answer whose key is wrong')
  const { message } = refusal
  expectThat(/^[\x20-\x7e…]*$/.test(message), `not one printable line: ${JSON.stringify(message)}`)
  expectThat(!message.includes(SECRET), 'a refusal tells the password')
}

/** The address behind a proxy: of a text that a client can make up an address is taken, or the proxy's own. */
function clientAddress(chance: Chance): void {
  const clientAddressHeader = chance.pick(CLIENT_ADDRESS_HEADERS)
  const header = chance.mutateText(
    chance.pick(['198.51.100.1, 203.0.113.9:80, 10.0.0.1', 'for=198.51.100.1, for="[2001:db8::1]:80";by=_x']),
    WORDS,
  )
  const address = new ClientAddress({ trustedProxies: ['10.0.0.0/8'], clientAddressHeader })
  const source = address.source('10.0.0.2', { [clientAddressHeader]: header })
  expectThat(source !== undefined && net.isIP(source) !== 0, `'${source}' is no address`)
}
