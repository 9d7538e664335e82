import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Lab, QANAT, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { lossOf } from '../../support/e2e/connect.js'
import { DRIVERS } from '../../support/e2e/drivers.js'
import { logOf } from '../../support/e2e/log.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const SERVER = generatePrivateKey()
const CLIENT = generatePrivateKey()
const DEVICE = 'client'
const NAME_SERVER = 'nameserver 192.0.2.53\n'

describeWhere(['root', '/dev/net/tun'], 'settings that a server hands to its clients', () => {
  const folder = temporaryFolder()
  let lab: Lab
  /** The client's own /etc/resolv.conf, which `ip netns` puts in place. */
  let resolvConf: string
  beforeAll(async () => {
    lab = new Lab()
    const netns = join('/etc/netns', await lab.near.run('ip', 'netns', 'identify'))
    mkdirSync(netns, { recursive: true })
    resolvConf = join(netns, 'resolv.conf')
    writeFileSync(resolvConf, NAME_SERVER)
  })
  beforeEach(async () => {
    await lab.clear()
  })
  afterAll(async () => {
    await lab.clear()
    lab.remove()
    rmSync(dirname(resolvConf), { recursive: true })
  })

  /** Runs a file by `qanat up`. */
  async function up(
    host: Lab['near'],
    name: string,
    lines: readonly string[],
    line: string,
  ): Promise<Program> {
    const program = qanat(host, 'up', written(name, lines))
    await program.line(line)
    return program
  }

  function written(name: string, lines: readonly string[]): string {
    const file = join(folder, `${name}.toml`)
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
    return file
  }

  function qanat(host: Lab['near'], command: string, file: string): Program {
    const env = { ...process.env, RUNTIME_DIRECTORY: folder }
    return host.start(process.execPath, [QANAT, command, file], { env })
  }

  const serverFile = (...server: readonly string[]) => [
    '[interface]',
    `private-key = "${SERVER}"`,
    'address = ["10.20.0.1/24", "fd20::1/64", "10.99.0.1/32"]',
    'listen = ["udp://[::]:51820"]',
    ...server,
    '[[peer]]',
    `public-key = "${publicKeyOf(CLIENT)}"`,
    'allowed-ips = ["10.20.0.2/32", "fd20::2/128"]',
  ]

  const startServer = (...server: readonly string[]) =>
    up(lab.far, 'server', serverFile(...server), 'listening')

  const startClient = (
    more: readonly string[],
    accept: readonly string[],
    allowed = ['10.20.0.0/16', '10.99.0.0/16', 'fd20::/32'],
  ) =>
    up(
      lab.near,
      DEVICE,
      [
        '[interface]',
        `private-key = "${CLIENT}"`,
        ...more,
        ...(accept.includes('addresses') ? [] : ['address = ["10.20.0.2/32"]']),
        '[[peer]]',
        `public-key = "${publicKeyOf(SERVER)}"`,
        `endpoints = ["udp://${lab.far.ipv4}:51820"]`,
        `allowed-ips = ${JSON.stringify(allowed)}`,
        `accept = ${JSON.stringify(accept)}`,
      ],
      REACHED,
    )

  /** What the client's interface has. */
  async function state() {
    const [link] = JSON.parse(await lab.near.run('ip', '-json', 'address', 'show', 'dev', DEVICE))
    const routes = async (family: string) => {
      const shown = await lab.near.run('ip', '-json', family, 'route', 'show', 'dev', DEVICE)
      return (JSON.parse(shown) as { dst: string; protocol: string }[])
        .filter(({ dst, protocol }) => protocol !== 'kernel' && !dst.startsWith('fe80'))
        .map(({ dst }) => dst)
    }
    return {
      addresses: (link.addr_info as { scope: string; local: string }[])
        .filter(({ scope }) => scope === 'global')
        .map(({ local }) => local)
        .sort(),
      routes: [...(await routes('-4')), ...(await routes('-6'))].sort(),
      mtu: link.mtu as number,
      names: readFileSync(resolvConf, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')),
    }
  }

  const untilState = (what: object) => eventually(`the interface has ${JSON.stringify(what)}`, state, what)

  for (const [driver, needs] of DRIVERS) {
    describeWhere(needs, `by the driver ${driver}`, () => {
      it('come with addresses, routes and MTU, and are taken back when they change', async () => {
        const before = await lab.near.run('ip', 'route')
        const server = await startServer(
          '[server]',
          'push-routes = ["10.99.0.0/24"]',
          'push-mtu = 1380',
          'push-dns = ["10.20.0.1", "example.org"]',
        )
        const client = await startClient([`tun-driver = "${driver}"`], ['addresses', 'routes', 'dns', 'mtu'])
        await untilState({
          addresses: ['10.20.0.2', 'fd20::2'],
          routes: ['10.20.0.0/24', '10.99.0.0/24', 'fd20::/64'],
          mtu: 1380,
          names: ['search example.org', 'nameserver 10.20.0.1'],
        })
        expect(await lossOf(lab.near, '10.20.0.1', 20, 0.02)).toBe('0%')
        expect(await lossOf(lab.near, 'fd20::1', 20, 0.02)).toBe('0%')
        expect(await lossOf(lab.near, '10.99.0.1', 20, 0.02)).toBe('0%')

        // The server's file changes under traffic.
        const changed = serverFile('[server]', 'push-mtu = 1300', 'push-dns = ["10.20.0.1"]')
        await qanat(lab.far, 'reload', written('server', changed)).output()
        await untilState({
          addresses: ['10.20.0.2', 'fd20::2'],
          routes: ['10.20.0.0/24', 'fd20::/64'],
          mtu: 1300,
          names: ['nameserver 10.20.0.1'],
        })

        // The server comes back with other settings, which is noticed soon while something is sent.
        const pings = new Pings(lab.near, '10.20.0.1')
        server.kill('SIGTERM')
        await server.ending()
        await startServer()
        await untilState({
          addresses: ['10.20.0.2', 'fd20::2'],
          routes: ['10.20.0.0/24', 'fd20::/64'],
          mtu: 1420,
          names: [NAME_SERVER.trim()],
        })
        expect(await lossOf(lab.near, '10.20.0.1', 20, 0.02)).toBe('0%')

        pings.stop()
        client.kill('SIGTERM')
        await client.ending()
        expect(await lab.near.tunnels()).toEqual([])
        expect(await lab.near.run('ip', 'route')).toBe(before)
        expect(readFileSync(resolvConf, 'utf8')).toBe(NAME_SERVER)
      })
    })
  }

  it('never lead the carrier into the tunnel, take no route of another interface, and say so', async () => {
    const carrier = lab.far.ipv4.replace(/\d+$/, '0/24')
    await lab.near.run('ip', 'route', 'add', '10.77.0.0/24', 'dev', 'lo')
    try {
      await startServer('[server]', `push-routes = ["${carrier}", "0.0.0.0/0", "10.77.0.0/24"]`)
      const client = await startClient([], ['routes'], ['0.0.0.0/0'])
      await untilState({
        addresses: ['10.20.0.2'],
        routes: ['10.20.0.0/24'],
        mtu: 1420,
        names: [NAME_SERVER.trim()],
      })
      expect(await lossOf(lab.near, '10.20.0.1', 20, 0.02)).toBe('0%')
      expect(await lab.near.run('ip', 'route', 'show', '10.77.0.0/24')).toContain('dev lo')
      const warnings = await eventually(
        'both are told',
        () => logOf(client).filter(({ level }) => level === 'warn'),
        (lines) => lines.length >= 2,
      )
      expect(warnings.map(({ why }) => why).join('\n')).toContain(
        '0.0.0.0/0 holds an address that the tunnel itself',
      )
      expect(warnings.map(({ why }) => why).join('\n')).toContain(
        '10.77.0.0/24 is routed by 10.77.0.0/24 of lo already',
      )
    } finally {
      await lab.near.run('ip', 'route', 'delete', '10.77.0.0/24', 'dev', 'lo')
    }
  })

  it('give way to a network that the host joins meanwhile, come back once it left, and say so', async () => {
    await startServer('[server]', 'push-routes = ["10.99.0.0/24"]')
    const client = await startClient([], ['routes'])
    const untilRoutes = (...routes: string[]) =>
      eventually(`the routes are ${routes}`, async () => (await state()).routes, routes)
    await untilRoutes('10.20.0.0/24', '10.99.0.0/24', 'fd20::/64')
    await lab.near.run('ip', 'link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'far-lan')
    try {
      await lab.near.run('ip', 'link', 'set', 'lan', 'up')
      await lab.near.run('ip', 'link', 'set', 'far-lan', 'up')
      await lab.near.run('ip', 'address', 'add', '10.99.0.7/16', 'dev', 'lan')
      await untilRoutes('10.20.0.0/24', 'fd20::/64')
      const refused = logOf(client).find(({ message }) => message === 'setting of the server refused')
      expect(refused?.why).toBe('10.99.0.0/24 is within 10.99.0.0/16, a network of this host')
    } finally {
      await lab.near.run('ip', 'link', 'delete', 'lan')
    }
    await untilRoutes('10.20.0.0/24', '10.99.0.0/24', 'fd20::/64')
  })
})
