import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'
import { expect, it } from 'vitest'
import { type Certificate, TestAuthority } from '../../../lab/certificates.js'
import { QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { lockRun } from '../../../src/control/run-lock.js'
import { ControlServer } from '../../../src/control/server.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { CertificatePin } from '../../../src/transports/net/certificate-pin.js'
import { afterTest } from '../../support/after-test.js'
import { expectRefusal } from '../../support/refusal.js'
import { temporaryFile } from '../../support/temporary-file.js'

const STATUS = {
  ...{ device: 'wg0', cipher: 'xor', since: '2026-01-01T00:00:00.000Z', listen: [], isolateClients: false },
  ...{ sent: { packets: 0, bytes: 0 }, received: { packets: 0, bytes: 0 }, drops: {}, peers: [] },
}

const authority = new TestAuthority()
const own = authority.issue('127.0.0.1')

const pinOf = (cert: string) => `sha256/${CertificatePin.of(new X509Certificate(cert))}`
const OVER_NETWORK =
  'qanat: this came over this network, and whoever is in between can show a certificate of his own: compare with "qanat pin FILE" on the server'

function pin(what: string, environment: Readonly<Record<string, string>> = {}): Program {
  const { HTTPS_PROXY: _, ...inherited } = process.env
  const env = { ...inherited, ...environment }
  return new Program(process.execPath, [QANAT, 'pin', what], { cwd: authority.folder, env })
}

async function portOf({ cert, key }: Pick<Certificate, 'cert' | 'key'>, answer?: string): Promise<number> {
  const server = tls.createServer({ cert, key }, (socket) => {
    socket.on('error', () => {})
    if (answer === undefined) socket.end()
    else socket.on('data', () => socket.end(`HTTP/1.1 ${answer}\r\nConnection: close\r\n\r\n`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

it('qanat pin tells the pin of a certificate, with its chain, and of a key, as curl and clients take it', async () => {
  const chain = join(authority.folder, 'chain.pem')
  writeFileSync(chain, own.cert + authority.ca)
  for (const file of [own.certFile, own.keyFile, chain]) {
    expect(await pin(file).output()).toBe(pinOf(own.cert))
  }
  expect(new CertificatePin(await pin(own.keyFile).output()).fits(new X509Certificate(own.cert))).toBe(true)
  writeFileSync(join(authority.folder, 'empty'), '')
  await expectRefusal(pin('empty'), ['Cannot tell a pin: empty is empty; PEM begins with'])
  await expectRefusal(pin('no such file'), ['there is no such file, and it is no HOST or HOST:PORT'])
})

it("qanat pin tells a server's, whether its chain verifies, and that it came over this network", async () => {
  const port = await portOf(own)
  const stranger = pin(`127.0.0.1:${port}`)
  expect(await stranger.output()).toBe(pinOf(own.cert))
  const validTo = new X509Certificate(own.cert).validTo
  expect(stranger.stderr).toEqual([
    `qanat: 127.0.0.1:${port} shows 'CN=leaf1', signed by 'CN=Qanat test', valid until ${validTo}`,
    "qanat: its chain does not verify: its certificate is signed by 'CN=Qanat test', which is not trusted here",
    OVER_NETWORK,
  ])
  const known = pin(`https://127.0.0.1:${port}/path`, { NODE_EXTRA_CA_CERTS: authority.caFile })
  expect(await known.output()).toBe(pinOf(own.cert))
  expect(known.stderr.slice(1)).toEqual([
    'qanat: its chain verifies: it leads to an authority that is trusted here, and the name is right, so that clients need no pin',
    OVER_NETWORK,
  ])
})

it.each([
  [
    '302 Found\r\nLocation: http://login.hotel.example/',
    '127.0.0.1',
    'a request was sent on to login.hotel.example',
  ],
  ['511 Log in', '127.0.0.1', '511'],
  ['200 OK\r\nContent-Type: text/html', 'login.hotel.example', 'a login page seems to be in the way'],
  ['404 Not Found', 'login.hotel.example', "not for 127.0.0.1 but for 'DNS:login.hotel.example'"],
])('qanat pin tells no pin if %s is answered by a certificate for %s', async (answer, name, why) => {
  const box = authority.issue(name)
  const program = pin(`127.0.0.1:${await portOf(box, answer)}`)
  await expectRefusal(program, ['Cannot tell the pin of 127.0.0.1:', why, '"qanat pin FILE"'], 1)
  expect([...program.stdout, ...program.stderr].join('\n')).not.toContain(
    CertificatePin.of(new X509Certificate(box.cert)),
  )
})

it('qanat pin tells no pin while a tunnel that runs says that a login page is in the way', async () => {
  const port = await portOf(own)
  const environment = { RUNTIME_DIRECTORY: temporaryFolder() }
  const file = temporaryFile('café.toml', '')
  const lock = lockRun(file, environment.RUNTIME_DIRECTORY)
  afterTest(() => lock.release())
  const portal = {
    ...{
      since: '2026-01-01T00:00:00.000Z',
      step: 'portal',
      code: 'portal-status',
      why: 'a login page is in the way',
    },
    ...{ remedy: null, host: 'vpn.example.org', url: null },
  }
  let isThere = true
  const status = () => ({ ...STATUS, portal: isThere ? portal : null })
  const handlers = { status, look: status, reload: status, login: status, down: status }
  const control = await ControlServer.listen(lock.socket, handlers, silentLogger)
  afterTest(() => control.close())
  const told = pin(`127.0.0.1:${port}`, environment)
  const why = `a login page is in the way of the tunnel of ${file}; on the server, "qanat pin FILE" tells it`
  await expectRefusal(told, [`Cannot tell the pin of 127.0.0.1:${port} by this network: ${why}`], 1)
  expect([...told.stdout, ...told.stderr].join('\n')).not.toContain(pinOf(own.cert).slice('sha256/'.length))
  // A chain that verifies is nobody's in between.
  const known = pin(`127.0.0.1:${port}`, { ...environment, NODE_EXTRA_CA_CERTS: authority.caFile })
  expect(await known.output()).toBe(pinOf(own.cert))
  isThere = false
  expect(await pin(`127.0.0.1:${port}`, environment).output()).toBe(pinOf(own.cert))
})

it("qanat pin tells a server's that has a page of its own for visitors", async () => {
  const port = await portOf(own, '200 OK\r\nContent-Type: text/html')
  expect(await pin(`127.0.0.1:${port}`).output()).toBe(pinOf(own.cert))
})

it('qanat pin tells why a server shows none', async () => {
  const { folder } = authority
  const stopped = await portOf({ cert: own.cert, key: readFileSync(join(folder, 'leaf1.key'), 'utf8') })
  await expectRefusal(
    pin(`127.0.0.1:${stopped}`, { HTTPS_PROXY: `http://127.0.0.1:1` }),
    ['127.0.0.1:1', 'refused'],
    1,
  )
})
