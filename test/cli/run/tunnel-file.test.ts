import fs from 'node:fs'
import { basename } from 'node:path'
import { expect, it, vi } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { readTunnelFile } from '../../../src/cli/run/tunnel-file.js'
import { redact } from '../../../src/core/api/redact.js'
import { A, OWN } from '../../support/keys.js'

/** Files that were opened or read, by their names. */
const touched: string[] = vi.hoisted(() => [])

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  const noting =
    <Rest extends unknown[], Result>(work: (path: fs.PathLike, ...rest: Rest) => Result) =>
    (path: fs.PathOrFileDescriptor, ...rest: Rest) => {
      if (typeof path === 'string') touched.push(path)
      return work(path as fs.PathLike, ...rest)
    }
  return { ...real, openSync: noting(real.openSync), readFileSync: noting(real.readFileSync as never) }
})

it('reads a file and each file that it names once', () => {
  const folder = temporaryFolder()
  const write = (name: string, text: string) => {
    fs.writeFileSync(`${folder}/${name}`, text, { mode: 0o600 })
    return `${folder}/${name}`
  }
  write('own', OWN.privateKey)
  write('psk', A.privateKey)
  write('ca.pem', new TestAuthority().ca)
  const path = write(
    'office.toml',
    `[interface]
private-key-file = "own"
address = ["10.0.0.1/24"]
[[peer]]
public-key = "${A.publicKey}"
preshared-key-file = "psk"
endpoints = ["wss://vpn.example.org"]
[tls]
ca-file = "ca.pem"
`,
  )
  touched.length = 0
  const { config, remarks } = readTunnelFile(path)
  const files = ['ca.pem', 'office.toml', 'own', 'psk']
  const read = touched.map((file) => basename(file)).filter((name) => files.includes(name))
  expect(read.sort()).toEqual(files)
  expect(remarks).toEqual([])
  expect(config).toMatchObject({
    privateKey: OWN.privateKey,
    peers: [{ presharedKey: A.privateKey }],
    transports: { groups: { tls: { ca: expect.stringContaining('BEGIN CERTIFICATE') } } },
    tun: { name: 'office' },
  })
})

it('has endpoints of wg-quick files shown as they stand there', () => {
  const path = `${temporaryFolder()}/home.conf`
  const endpoints = 'Endpoint = VPN.example.org:51820\nEndpoint = tcp://vpn.example.org:443'
  const text = `[Interface]\nPrivateKey = ${OWN.privateKey}\n[Peer]\nPublicKey = ${A.publicKey}\n${endpoints}\n`
  fs.writeFileSync(path, text, { mode: 0o600 })
  const [peer] = readTunnelFile(path).config.peers
  expect(peer!.endpoints.map(redact)).toEqual(['VPN.example.org:51820', 'tcp://vpn.example.org:443'])
})
