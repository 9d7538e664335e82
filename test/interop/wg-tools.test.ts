import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { INNER, type LabHost, QANAT, REACHED } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { WireGuardGo } from '../../lab/wireguard-go.js'
import { generatePrivateKey, generateSharedKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { UAPI_FOLDER } from '../../src/control/uapi/socket-place.js'
import { Identities } from '../support/e2e/identities.js'
import { groupLab } from '../support/e2e/labs/group-lab.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { eventually } from '../support/eventually.js'
import { NEEDS, OUR_PORT, THEIR_PORT } from './wireguard-tunnel.js'

const [OURS4, THEIRS4] = INNER.ipv4

describeWhere(NEEDS, "Debian's wg, asking Qanat,", () => {
  const lab = groupLab()
  let folder: string
  /** Names of interfaces: all namespaces together have a socket for each. */
  let ours: string
  let wireguard: WireGuardGo | undefined
  beforeEach(() => {
    folder = temporaryFolder()
    ours = `q${randomBytes(4).toString('hex')}`
    mkdirSync(UAPI_FOLDER, { recursive: true })
  })
  afterEach(async () => {
    await wireguard?.kill()
    wireguard = undefined
    rmSync(join(UAPI_FOLDER, `${ours}.sock`), { force: true })
  })

  const fileOf = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }

  /** Its lock is where it is removed with the file. */
  async function up(host: LabHost, text: string, ...options: readonly string[]): Promise<Program> {
    const file = fileOf(`${ours}.conf`, text)
    const env = { ...process.env, RUNTIME_DIRECTORY: folder }
    return host.start(process.execPath, [QANAT, 'up', file, ...options], { env })
  }

  const writtenTo = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

  const wg = (...args: readonly string[]) => lab.near.run('wg', ...args)

  it('sees after each command what it sees of wireguard-go', async () => {
    const [own, otherOwn] = [generatePrivateKey(), generatePrivateKey()]
    const keys = [1, 2, 3, 4].map(() => publicKeyOf(generatePrivateKey()))
    const [one, two, three, four] = keys as [string, string, string, string]
    const shared = generateSharedKey()
    const secret = fileOf('shared', `${shared}\n`)
    const section = (key: string, ...lines: readonly string[]) =>
      ['[Peer]', `PublicKey = ${key}`, ...lines, ''].join('\n')
    const own2 = ['[Interface]', `PrivateKey = ${own}`, `ListenPort = ${THEIR_PORT}`, ''].join('\n')
    wireguard = await WireGuardGo.start(lab.far, {
      privateKey: own,
      listenPort: THEIR_PORT,
      addresses: [`${THEIRS4}/24`],
      peerKey: one,
      allowedIps: ['10.1.0.0/24'],
    })
    const qanat = await up(
      lab.near,
      `${own2}Address = ${OURS4}/24\n${section(one, 'AllowedIPs = 10.1.0.0/24')}`,
    )
    await qanat.line('listening')
    const synced = fileOf(
      'synced',
      own2 +
        section(two, 'AllowedIPs = 10.2.0.0/24, fd02::/64', `PresharedKey = ${shared}`) +
        section(three, 'AllowedIPs = 10.3.0.0/24', 'PersistentKeepalive = 7', 'Endpoint = 192.0.2.3:3'),
    )
    const added = fileOf('added', section(four, 'AllowedIPs = 10.4.0.0/24'))
    const anew = fileOf('anew', own2 + section(one, 'AllowedIPs = 10.2.0.0/16') + section(four))
    const commands: readonly (readonly string[])[] = [
      [
        'set',
        '%',
        'peer',
        one,
        'endpoint',
        '192.0.2.1:5000',
        'persistent-keepalive',
        '25',
        'preshared-key',
        secret,
      ],
      ['set', '%', 'peer', two, 'allowed-ips', '10.2.0.0/24,fd02::/64', 'endpoint', '[2001:db8::2]:7'],
      ['set', '%', 'peer', two, 'allowed-ips', '10.1.0.0/24,10.2.0.0/24'],
      ['set', '%', 'peer', one, 'preshared-key', '/dev/null', 'persistent-keepalive', 'off'],
      ['syncconf', '%', synced],
      ['addconf', '%', added],
      ['set', '%', 'peer', three, 'remove'],
      ['set', '%', 'peer', three, 'remove'],
      ['set', '%', 'private-key', fileOf('private', `${otherOwn}\n`)],
      ['setconf', '%', anew],
      ['set', '%', 'listen-port', String(THEIR_PORT), 'fwmark', '0'],
      ['set', '%', 'listen-port', '51899'],
      ['set', '%', 'fwmark', '0x77'],
      ['set', '%', 'listen-port', '51898', 'fwmark', '0'],
    ]
    for (const command of commands) {
      for (const name of [ours, wireguard.name]) {
        await wg(...command.map((word) => (word === '%' ? name : word)))
      }
      expect([command, await seen(ours)]).toEqual([command, await seen(wireguard.name)])
    }
    const routes = await lab.near.run('ip', 'route', 'show', 'dev', ours)
    expect(routes).toContain('10.2.0.0/16')
    expect(routes).not.toContain('10.1.0.0/24')
    await expect(wg('set', ours, 'peer', 'AAAA', 'remove')).rejects.toThrow()
  })

  it('shows what a tunnel carries, also to exporters', async () => {
    const keys = new Identities()
    wireguard = await theirs(keys)
    const qanat = await up(lab.near, client(keys, `PrivateKey = ${keys.near.privateKey}`))
    await qanat.line(REACHED)
    await lab.near.run('ping', '-c', '1', '-w', '10', THEIRS4)
    const text = await wg('show', ours)
    for (const part of [
      keys.near.publicKey,
      keys.far.publicKey,
      'latest handshake',
      'received',
      '25 seconds',
    ]) {
      expect(text).toContain(part)
    }
    expect(text).toContain(`endpoint: ${lab.far.ipv4}:${THEIR_PORT}`)
    const rowOf = async (name: string, key: string) => {
      const rows = (await wg('show', 'all', 'dump')).split('\n')
      return rows.find((row) => row.startsWith(`${name}\t${key}`))!.split('\t')
    }
    const [, , , , , handshake] = await rowOf(ours, keys.far.publicKey)
    expect(Math.abs(Date.now() / 1000 - Number(handshake))).toBeLessThan(60)
    await eventually('both ends count the same, over the wire', async () => {
      const [, , , , , , received, sent] = await rowOf(ours, keys.far.publicKey)
      const [, , , , , , receivedThere, sentThere] = await rowOf(wireguard!.name, keys.near.publicKey)
      return Number(received) > 0 && received === sentThere && sent === receivedThere
    })
    expect((await wg('show', 'interfaces')).split(/\s/)).toContain(ours)
    const socket = join(UAPI_FOLDER, `${ours}.sock`)
    expect(statSync(socket).mode & 0o777).toBe(0o600)
    qanat.kill('SIGTERM')
    await qanat.ending()
    expect(existsSync(socket)).toBe(false)
  })

  it('gives a tunnel its private key in PostUp, and tells hooks its mark', async () => {
    const keys = new Identities()
    wireguard = await theirs(keys)
    const mark = join(folder, 'mark')
    const qanat = await up(
      lab.near,
      client(
        keys,
        'FwMark = 0x1234',
        `PostUp = wg show %i fwmark > ${mark}`,
        `PostUp = wg set %i private-key ${keys.near.file}`,
      ),
    )
    await qanat.line(REACHED)
    await lab.near.run('ping', '-c', '1', '-w', '10', THEIRS4)
    await eventually('PostUp has run', () => writtenTo(mark), '0x1234\n')
    expect(await wg('show', ours, 'public-key')).toContain(keys.near.publicKey)
  })

  it("tells hooks the mark of a full tunnel, which a file's own settings do not take away, also after a kill", async () => {
    const keys = new Identities()
    wireguard = await theirs(keys)
    const [mark, down, killed] = [join(folder, 'mark'), join(folder, 'down'), join(folder, 'killed')]
    const hooks = [
      `PostUp = wg show %i fwmark > ${mark}`,
      `PreDown = wg show %i endpoints > ${down}; wg show %i fwmark > ${killed}`,
      `PreDown = wg set %i fwmark 0 || echo refused >> ${killed}`,
    ]
    const text = client(keys, `PrivateKey = ${keys.near.privateKey}`, ...hooks)
    const qanat = await up(lab.near, text.replace(/^AllowedIPs.*$/m, 'AllowedIPs = 0.0.0.0/0'))
    await qanat.line(REACHED)
    await lab.near.run('ping', '-c', '1', '-w', '10', THEIRS4)
    const before = await eventually(
      'PostUp has run',
      () => writtenTo(mark),
      (text) => text !== '',
    )
    expect(before).toMatch(/^0x[0-9a-f]+\n$/)
    const stripped = await lab.near.run('wg-quick', 'strip', join(folder, `${ours}.conf`))
    await wg('syncconf', ours, fileOf('stripped', `${stripped}\n`))
    expect(`${await wg('show', ours, 'fwmark')}\n`).toBe(before)
    await lab.near.run('ping', '-c', '1', '-w', '10', THEIRS4)
    qanat.kill('SIGTERM')
    await qanat.ending()
    expect(readFileSync(down, 'utf8')).toContain(`${lab.far.ipv4}:${THEIR_PORT}`)
    for (const file of [mark, killed]) rmSync(file)
    const another = await up(lab.near, readFileSync(join(folder, `${ours}.conf`), 'utf8'))
    await eventually('PostUp has run', () => writtenTo(mark), before)
    another.kill('SIGKILL')
    await eventually('PreDown has run', () => writtenTo(killed), `${before}refused\n`)
    await eventually('its socket is gone', () => existsSync(join(UAPI_FOLDER, `${ours}.sock`)), false)
  })

  it('carries on from another port and with another mark, also to who called', async () => {
    const keys = new Identities()
    wireguard = await theirs(keys, `${lab.near.ipv4}:${OUR_PORT}`)
    const own = [`PrivateKey = ${keys.near.privateKey}`, `ListenPort = ${OUR_PORT}`]
    await (await up(lab.near, client(keys, ...own).replace(/^Endpoint.*$/m, ''))).line('listening')
    const arrives = (host: LabHost, address: string) => host.run('ping', '-c', '1', '-w', '10', address)
    await arrives(lab.far, OURS4)
    await wg('set', ours, 'listen-port', '51900')
    await arrives(lab.near, THEIRS4)
    expect(await wireguard.endpoint()).toContain(`${lab.near.ipv4}:51900`)
    await lab.near.run(
      'nft',
      'add table inet marks; add chain inet marks out { type filter hook output priority 0; }',
    )
    await lab.near.run('nft', 'add rule inet marks out udp sport 51900 meta mark != 0x77 drop')
    await expect(lab.near.run('ping', '-c', '1', '-W', '1', THEIRS4)).rejects.toThrow()
    await wg('set', ours, 'fwmark', '0x77')
    await arrives(lab.near, THEIRS4)
    await arrives(lab.far, OURS4)
    expect(await wg('show', ours, 'fwmark')).toContain('0x77')
    const script = "require('node:dgram').createSocket('udp4').bind(51901)"
    const taken = lab.near.start(process.execPath, ['-e', script])
    await expect.poll(() => lab.near.udpPorts()).toContain(51901)
    await expect(wg('set', ours, 'listen-port', '51901')).rejects.toThrow('Address already in use')
    taken.kill('SIGKILL')
    expect(await wg('show', ours, 'listen-port')).toContain('51900')
    await arrives(lab.near, THEIRS4)
  })

  describeWhere(['koffi'], 'which gave up root,', () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      it(`is answered, and finds nothing left after ${signal}`, async () => {
        const keys = new Identities()
        const text = client(keys, `PrivateKey = ${keys.near.privateKey}`)
        const qanat = await up(lab.near, text, '--user', 'nobody')
        await qanat.line('dropped root')
        const other = generatePrivateKey()
        await wg('set', ours, 'private-key', fileOf('other', other), 'listen-port', '51901')
        expect(await wg('show', ours, 'public-key')).toContain(publicKeyOf(other))
        expect(await wg('show', ours, 'listen-port')).toContain('51901')
        qanat.kill(signal)
        await qanat.ending()
        await eventually('its socket is gone', () => existsSync(join(UAPI_FOLDER, `${ours}.sock`)), false)
      })
    }
  })

  function theirs(keys: Identities, endpoint?: string): Promise<WireGuardGo> {
    return WireGuardGo.start(lab.far, {
      privateKey: keys.far.privateKey,
      listenPort: THEIR_PORT,
      addresses: [`${THEIRS4}/24`],
      peerKey: keys.near.publicKey,
      allowedIps: [`${OURS4}/32`],
      endpoint,
    })
  }

  const client = (keys: Identities, ...lines: readonly string[]) =>
    [
      '[Interface]',
      `Address = ${OURS4}/24`,
      ...lines,
      '[Peer]',
      `PublicKey = ${keys.far.publicKey}`,
      `AllowedIPs = ${THEIRS4}/32`,
      `Endpoint = ${lab.far.ipv4}:${THEIR_PORT}`,
      'PersistentKeepalive = 25',
      '',
    ].join('\n')

  /** What `wg show IF dump` says but for handshakes and traffic, peers and ranges sorted. */
  async function seen(name: string): Promise<unknown> {
    const [device, ...peers] = (await wg('show', name, 'dump')).trim().split('\n')
    const rows = peers.map((row) => {
      const [key, shared, endpoint, ranges, , , , keepalive] = row.split('\t')
      return [key, shared, endpoint, ranges!.split(',').sort(), keepalive]
    })
    return [device, rows.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))]
  }
})
