import { describe, expect, it } from 'vitest'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { modelOf } from '../../../src/config/check/parsed.js'
import { addClient, plainClient } from '../../../src/config/clients/add-client.js'
import { readConfigFile } from '../../../src/config/files/config-file.js'
import { parseText, writeText } from '../../../src/config/files/format.js'
import { ASKER } from '../../support/config/asker.js'
import { A, B, OWN } from '../../support/keys.js'
import { temporaryFile } from '../../support/temporary-file.js'

const SERVER = `# our server
[interface]
private-key = "${OWN.privateKey}" # secret
address = ["10.0.0.1/24", "fd00::1/64"]
listen = ["tcp://[::]:443", "udp://[::]:51820"]
mtu = 1380
[server]
endpoints = ["tcp://vpn.example.org:443", "udp://vpn.example.org:51820"]

[[peer]]
name = "laptop"   # the first
public-key = "${A.publicKey}"
allowed-ips = ["10.0.0.2/32", "fd00::2/128"]
[log]
level = "warn"`
const REQUEST = { name: 'phone', ...B, serverPublicKey: OWN.publicKey }

describe('addClient', () => {
  const file = () => readConfigFile(temporaryFile('server.toml', SERVER), publicKeyOf, ASKER, BUILT_IN_TRAITS)

  it("keeps all that the server's file says, and adds a peer behind it", () => {
    const { text } = addClient(file(), REQUEST, publicKeyOf, BUILT_IN_TRAITS)
    expect(text.startsWith(`${SERVER}\n`)).toBe(true)
    expect(modelOf('f', parseText('toml', 'f', text), publicKeyOf, BUILT_IN_TRAITS).model.peers).toEqual([
      { name: 'laptop', publicKey: A.publicKey, allowedIps: ['10.0.0.2/32', 'fd00::2/128'] },
      { name: 'phone', publicKey: B.publicKey, allowedIps: ['10.0.0.3/32', 'fd00::3/128'] },
    ])
  })

  it('makes a file for the client that reaches the server and its networks', () => {
    const { client } = addClient(file(), REQUEST, publicKeyOf, BUILT_IN_TRAITS)
    expect(client).toEqual({
      interface: { privateKey: B.privateKey, address: ['10.0.0.3/32', 'fd00::3/128'], mtu: 1380 },
      peers: [
        {
          name: 'server',
          publicKey: OWN.publicKey,
          allowedIps: ['10.0.0.0/24', 'fd00::/64'],
          endpoints: ['tcp://vpn.example.org:443', 'udp://vpn.example.org:51820'],
          keepalive: 25,
        },
      ],
    })
    for (const format of ['toml', 'wg-quick'] as const) {
      const { text } = writeText(format, client)
      expect(
        modelOf('f', parseText(format, 'f', text), publicKeyOf, BUILT_IN_TRAITS).model.peers,
      ).toHaveLength(1)
    }
  })

  it('lets the client accept what the server hands out, or has it in the file where the client accepts nothing', () => {
    const pushing = SERVER.replace(
      '[server]',
      '[server]\npush-routes = ["192.168.7.1/24"]\npush-dns = ["10.0.0.1"]\npush-mtu = 1300',
    )
    const server = readConfigFile(temporaryFile('server.toml', pushing), publicKeyOf, ASKER, BUILT_IN_TRAITS)
    const { client, fixedClient } = addClient(server, REQUEST, publicKeyOf, BUILT_IN_TRAITS)
    const allowedIps = ['10.0.0.0/24', 'fd00::/64', '192.168.7.0/24']
    expect(client).toMatchObject({
      interface: { mtu: 1380 },
      peers: [{ allowedIps, accept: ['routes', 'dns', 'mtu'] }],
    })
    expect(client.interface.dns).toBeUndefined()
    expect(fixedClient).toMatchObject({
      interface: { mtu: 1300, dns: ['10.0.0.1'] },
      peers: [{ allowedIps }],
    })
    expect(fixedClient.peers[0]!.accept).toBeUndefined()
    const { text, remarks } = writeText('wg-quick', plainClient(fixedClient)!)
    expect(text).toContain('DNS = 10.0.0.1\nMTU = 1300\n')
    expect(remarks.filter((line) => !line.includes('is kept as a comment'))).toEqual([])
  })

  it('has a full tunnel in both files: all addresses at the client, and a server that hides them behind its own', () => {
    const { client, switchedOn, text } = addClient(
      file(),
      { ...REQUEST, fullTunnel: true },
      publicKeyOf,
      BUILT_IN_TRAITS,
    )
    expect(writeText('wg-quick', client).text).toContain('\nAllowedIPs = 0.0.0.0/0, ::/0\n')
    expect(writeText('toml', client).text).toContain('\nallowed-ips = [ "0.0.0.0/0", "::/0" ]\n')
    expect(switchedOn).toBe('nat')
    expect(text).toMatch(/^nat = true$/m)
    expect(text).toContain('allowed-ips = [ "10.0.0.3/32", "fd00::3/128" ]')
    expect(addClient(file(), REQUEST, publicKeyOf, BUILT_IN_TRAITS).text).not.toContain('nat')
  })

  it("has the end of a client in the server's file alone", () => {
    const { client, text } = addClient(
      file(),
      { ...REQUEST, expires: '2027-01-31' },
      publicKeyOf,
      BUILT_IN_TRAITS,
    )
    const [, added] = text.split('name = "phone"')
    expect(added).toMatch(/^expires = "?2027-01-31"?$/m)
    expect(writeText('toml', client).text).not.toContain('2027')
  })

  it("names the server's plugins in the file of a client that reaches it by one", () => {
    const withPlugins = SERVER.replace('mtu = 1380', 'plugins = ["qanat-transport-nats"]')
    const server = readConfigFile(
      temporaryFile('server.toml', withPlugins),
      publicKeyOf,
      ASKER,
      BUILT_IN_TRAITS,
    )
    const pluginsFor = (endpoint: string) =>
      addClient(server, { ...REQUEST, endpoints: [endpoint] }, publicKeyOf, BUILT_IN_TRAITS).client.interface
        .plugins
    expect(pluginsFor('nats://vpn')).toEqual(['qanat-transport-nats'])
    expect(pluginsFor('wss://vpn.example.org/')).toBeUndefined()
  })

  it("adds to wg-quick's files, too, and to what it added before", () => {
    const conf = `[Interface]\nPrivateKey = ${OWN.privateKey}\nAddress = 10.0.0.1/24\nListenPort = 1\n# first\n[Peer]\nPublicKey = ${A.publicKey}\n`
    const endpoints = ['udp://vpn.example.org:1']
    const server = readConfigFile(temporaryFile('wg0.conf', conf), publicKeyOf, ASKER, BUILT_IN_TRAITS)
    const { text } = addClient(server, { ...REQUEST, endpoints }, publicKeyOf, BUILT_IN_TRAITS)
    expect(text).toBe(`${conf}\n[Peer]\n# phone\nPublicKey = ${B.publicKey}\nAllowedIPs = 10.0.0.2/32\n`)
  })

  it.each([
    [
      'a name that is taken',
      { name: 'laptop' },
      "Cannot add client 'laptop': a peer of that name already exists",
    ],
    ['a name that is none', { name: '"' }, 'a name has 1 to 64 letters'],
    ['a key that is taken', A, "'public-key' in [[peer]] 2 is that of peer 1"],
  ])('refuses %s', (_what, change, message) => {
    expect(() => addClient(file(), { ...REQUEST, ...change }, publicKeyOf, BUILT_IN_TRAITS)).toThrow(message)
  })

  it.each([
    [
      'without endpoints',
      SERVER.replace(/\[server\]\n.*\n/, ''),
      'the address at which clients reach the server is missing',
    ],
    [
      'with no address left',
      SERVER.replace('10.0.0.1/24', '10.0.0.1/30'),
      'no address of 10.0.0.1/30 is free',
    ],
    ['without networks', SERVER.replace(/^address.*$/m, 'address = ["10.0.0.1/32"]'), 'have no network'],
    [
      'with a shared key',
      SERVER.replace(/private-key.*/, 'key = "1"').replace(/public-key.*/, ''),
      'the cipher wireguard',
    ],
  ])('refuses a server %s', (_what, text, message) => {
    const server = readConfigFile(temporaryFile('server.toml', text), publicKeyOf, ASKER, BUILT_IN_TRAITS)
    expect(() => addClient(server, REQUEST, publicKeyOf, BUILT_IN_TRAITS)).toThrow(message)
  })

  it.each([
    [{ proxy: 'foo://bar' }, "the file of client 'phone':"],
    [{ dns: ['not_a_!name'] }, "'dns' in [interface] is 'not_a_!name'"],
    [{ endpoints: ['garbage'] }, "'garbage' is no URL such as udp://"],
    [{ endpoints: ['udp://vpn.example.org:99999'] }, 'is no URL such as udp://'],
    [{ lans: ['0.0.0.0/0'] }, 'a network behind it is not everything'],
  ])('refuses what the file of the client could not say: %j', (wrong, why) => {
    expect(() => addClient(file(), { ...REQUEST, ...wrong }, publicKeyOf, BUILT_IN_TRAITS)).toThrow(why)
  })

  it('refuses a file to which no peer can be added', () => {
    const inline = SERVER.replace(/\n\[\[peer\]\](?:.|\n)*/, '').replace(
      '# our server',
      `peer = [{ public-key = "${A.publicKey}" }]`,
    )
    const server = readConfigFile(temporaryFile('server.toml', inline), publicKeyOf, ASKER, BUILT_IN_TRAITS)
    expect(() => addClient(server, REQUEST, publicKeyOf, BUILT_IN_TRAITS)).toThrow('not valid TOML')
  })
})

describe('plainClient', () => {
  it("is what WireGuard's own programs take", () => {
    const { client } = addClient(
      readConfigFile(temporaryFile('server.toml', SERVER), publicKeyOf, ASKER, BUILT_IN_TRAITS),
      REQUEST,
      publicKeyOf,
      BUILT_IN_TRAITS,
    )
    const { text } = writeText('wg-quick', plainClient(client)!)
    expect(text.match(/^Endpoint = .*$/gm)).toEqual(['Endpoint = vpn.example.org:51820'])
    expect(
      plainClient({ ...client, peers: [{ ...client.peers[0], endpoints: ['tcp://a:1'] }] }),
    ).toBeUndefined()
  })
})
