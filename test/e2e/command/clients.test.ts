import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { WIREGUARD_GO, WireGuardGo } from '../../../lab/wireguard-go.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import type { ClientFacts } from '../../../src/cli/clients/list-clients.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const OWN = generatePrivateKey()
const LAPTOP = publicKeyOf(generatePrivateKey())
const SERVER = `# our server
[interface]
private-key = "${OWN}"
address = ["10.20.0.1/24"]
listen = ["memory://office"]
tun-driver = "memory"
mtu = 1400

[server]
endpoints = ["tcp://vpn.example.org:443", "udp://vpn.example.org:51820"]

# Anna's
[[peer]]
name = "laptop" # the first
public-key = "${LAPTOP}"
allowed-ips = ["10.20.0.2/32"]
`

let folder: string
let path: string
beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder, 'server.toml')
  writeFileSync(path, SERVER, { mode: 0o600 })
})

function qanat(
  words: string,
  { cwd = folder, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Program {
  return new Program(process.execPath, [QANAT, ...words.split(' ')], {
    cwd,
    env: { ...process.env, RUNTIME_DIRECTORY: join(folder, 'run'), ...env },
  })
}

const text = () => readFileSync(path, 'utf8')
const clients = async () => {
  const told = JSON.parse(await qanat('clients server.toml --json').output()) as { clients: ClientFacts[] }
  return told.clients
}

describe('the clients of a file', () => {
  it('come, change and go by commands, and all else of the file stays', async () => {
    chmodSync(path, 0o400)
    if (process.getuid?.() === 0) chownSync(path, 65_534, 65_534)
    const before = statSync(path)
    writeFileSync(`${path}.new`, 'what the administrator prepares')
    await qanat('add-client phone --config server.toml -o phone.conf').output()
    await qanat('disable-client laptop --config server.toml').output()
    await qanat('enable-client phone --config server.toml --expires 2099-01-31').output()
    expect(await clients()).toMatchObject([
      { name: 'laptop', state: 'disabled', addresses: ['10.20.0.2/32'], expires: null },
      { name: 'phone', state: null, addresses: ['10.20.0.3/32'], expires: '2099-01-31' },
    ])
    const key = (await clients())[1]!.publicKey
    await qanat('rotate-client phone --config server.toml -o phone2.conf').output()
    expect((await clients())[1]).toMatchObject({ name: 'phone', addresses: ['10.20.0.3/32'] })
    expect((await clients())[1]!.publicKey).not.toBe(key)
    await qanat('remove-client phone --config server.toml').output()
    await qanat('enable-client laptop --config server.toml').output()
    expect(text()).toBe(SERVER)
    const { gid, mode, uid } = statSync(path)
    expect({ gid, mode, uid }).toEqual({ gid: before.gid, mode: before.mode, uid: before.uid })
    expect(readdirSync(folder).sort()).toEqual([
      'phone.conf',
      'phone2.conf',
      'server.toml',
      'server.toml.new',
    ])
  })

  it('have files of wg-quick’s with nothing but what WireGuard’s own programs understand', async () => {
    await qanat(
      'add-client phone --config server.toml --format wg-quick --dns 10.20.0.1 --psk -o p.conf',
    ).output()
    const own = readFileSync(join(folder, 'p.conf'), 'utf8')
    expect(own).toContain('\nEndpoint = vpn.example.org:51820\n')
    expect(own).not.toContain('://')
    expect(own.match(/^\w+ =/gm)).toEqual(
      ['PrivateKey', 'Address', 'DNS', 'MTU', 'PublicKey', 'PresharedKey', 'AllowedIPs', 'Endpoint']
        .concat('PersistentKeepalive')
        .map((name) => `${name} =`),
    )
    const refused = qanat(
      'add-client x --config server.toml --format wg-quick --endpoint tcp://vpn.example.org:443',
    )
    expect((await refused.ending()).code).toBe(2)
    expect(refused.stderr.join()).toContain('take UDP alone')
    expect(text()).not.toContain('"x"')
  })

  it('that expired are admitted by another date alone, and nothing says else', async () => {
    writeFileSync(path, `${SERVER}expires = "2020-01-31"\n`)
    const refused = qanat('enable-client laptop --config server.toml')
    expect((await refused.ending()).code).toBe(2)
    expect(refused.stderr.join()).toContain('it expired, as its file says: 2020-01-31')
    const rotated = await qanat('rotate-client laptop --config server.toml -o laptop.toml').output()
    expect(rotated).toContain('laptop stays refused until "sudo qanat enable-client" admits it')
    await qanat('enable-client laptop --config server.toml --expires never').output()
    expect(await clients()).toMatchObject([{ state: null, expires: null }])
  })

  it('keep their private keys to themselves', async () => {
    const key = publicKeyOf(generatePrivateKey())
    await qanat(`add-client safe --config server.toml --public-key ${key} -o safe.toml`).output()
    expect(text()).toContain(`public-key = "${key}"`)
    const own = readFileSync(join(folder, 'safe.toml'), 'utf8')
    expect(own).toContain('private-key-file = "safe.key"')
    expect(own).not.toContain('private-key =')
  })

  it('are served and refused at once by a tunnel that runs, and stay as they were if it refuses', async () => {
    const tunnel = qanat('up server.toml')
    await tunnel.line('listening')
    const peers = async () => {
      const { tunnels } = JSON.parse(await qanat('status --json').output())
      return tunnels[0].peers.map(({ name }: { name: string }) => name)
    }
    await qanat('add-client phone --config server.toml -o phone.toml').output()
    expect(await peers()).toEqual(['laptop', 'phone'])
    await qanat('disable-client phone --config server.toml').output()
    expect(await peers()).toEqual(['laptop'])
    expect(await clients()).toMatchObject([{ state: 'offline' }, { state: 'disabled' }])

    await qanat('enable-client phone --config server.toml').output()
    writeFileSync(
      path,
      text()
        .replace('"10.20.0.2/32"', '"10.20.0.2/32", "10.20.0.9/32"')
        .replace(/\n\[\[peer\]\]\nname = "phone"[\s\S]*/, ''),
    )
    expect(await qanat('reload server.toml').output()).toBe(
      'server.toml: applied, with 1 peer; phone went; laptop changed',
    )

    const moved = text().replace('address = ["10.20.0.1/24"]', 'address = ["10.20.0.1/24", "10.30.0.1/24"]')
    writeFileSync(path, moved)
    const refused = qanat('add-client third --config server.toml -o third.toml')
    expect((await refused.ending()).code).toBe(2)
    expect(refused.stderr.join('\n')).toContain('server.toml is as it was')
    expect(text()).toBe(moved)
    expect(existsSync(join(folder, 'third.toml'))).toBe(false)

    writeFileSync(path, SERVER)
    tunnel.kill('SIGSTOP')
    const unanswered = qanat('disable-client laptop --config server.toml')
    expect((await unanswered.ending()).code).toBe(2)
    expect(unanswered.stderr.join('\n')).toContain('is as it was: the tunnel that runs did not answer')
    expect(text()).toBe(SERVER)
    tunnel.kill('SIGCONT')
    tunnel.kill('SIGTERM')
    await tunnel.ending()
  })

  it('are online until they say goodbye, and hear one when they are ruled out', async () => {
    writeFileSync(path, SERVER.replace('memory://office', 'tcp://127.0.0.1:0'))
    const server = qanat('up server.toml')
    const port = /tcp:\/\/127\.0\.0\.1:(\d+)/.exec(await server.line('listening'))![1]
    await qanat(
      `add-client phone --config server.toml --endpoint tcp://127.0.0.1:${port} -o phone.toml`,
    ).output()
    const file = join(folder, 'phone.toml')
    const own = readFileSync(file, 'utf8').replace('[interface]', '[interface]\ntun-driver = "memory"')
    writeFileSync(file, own, { mode: 0o600 })
    const first = qanat('up phone.toml')
    await server.line('phone is online')
    expect((await clients())[1]).toMatchObject({ state: 'online', onlineSince: expect.any(String) })
    await first.line('is online')
    await qanat('down phone.toml').output()
    await server.line('phone went offline: it said goodbye')
    expect((await clients())[1]).toMatchObject({ state: 'offline', onlineSince: null })

    const second = qanat('up phone.toml')
    await second.line('is online')
    await qanat('disable-client phone --config server.toml').output()
    await second.line('went offline: it said goodbye')
    for (const tunnel of [second, server]) {
      tunnel.kill('SIGTERM')
      await tunnel.ending()
    }
  })

  it('that expire are refused by a tunnel that runs, at that time', async () => {
    const soon = new Date(Date.now() + 3_000).toISOString().replace(/\.\d+Z/, 'Z')
    writeFileSync(path, `${SERVER}expires = "${soon}"\n`)
    const tunnel = qanat('up server.toml')
    await tunnel.line('listening')
    await tunnel.line('refuses a peer that expired')
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(soon))
    expect(await clients()).toMatchObject([{ name: 'laptop', state: 'expired' }])
    const { tunnels } = JSON.parse(await qanat('status --json').output())
    expect(tunnels[0].peers).toEqual([])
    tunnel.kill('SIGTERM')
    await tunnel.ending()
  })
})

/** Kills its process, as by the kernel, at a call that changes a file: the one of the number in KILL_AT. */
const KILLER = `
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
let calls = 0
for (const name of ['writeFileSync', 'linkSync', 'openSync', 'fsyncSync', 'fchownSync', 'fchmodSync', 'renameSync', 'rmSync']) {
  const real = fs[name]
  fs[name] = (...args) => {
    const changes = name !== 'openSync' || /[wax+]/.test(String(args[1]))
    if (changes && ++calls === Number(process.env.KILL_AT)) process.kill(process.pid, 'SIGKILL')
    return real(...args)
  }
}
syncBuiltinESMExports()
process.on('exit', () => fs.appendFileSync(process.env.CALLS, String(calls)))
`

/** Runs that go on at the same time. */
const AT_ONCE = 4

describe('a command that is killed', () => {
  it('at any moment leaves the old file or the new one, and bars no way to the next', async () => {
    const killer = join(folder, 'killer.mjs')
    writeFileSync(killer, KILLER)
    const counted = join(folder, 'calls')
    const remove = (cwd: string, at: number) =>
      qanat('remove-client laptop --config server.toml', {
        cwd,
        env: { NODE_OPTIONS: `--import=${killer}`, KILL_AT: String(at), CALLS: counted },
      })
    await remove(folder, 0).output()
    const after = text()
    expect(after).not.toContain('laptop')
    const calls = Number(readFileSync(counted, 'utf8'))
    expect(calls).toBeGreaterThan(8)
    const left: string[] = []
    const killedAt = async (at: number) => {
      const own = temporaryFolder()
      const file = join(own, 'server.toml')
      writeFileSync(file, SERVER, { mode: 0o600 })
      expect(await remove(own, at).ending()).toEqual({ code: null, signal: 'SIGKILL' })
      left[at - 1] = readFileSync(file, 'utf8')
      if (left[at - 1] === after) return
      await qanat('remove-client laptop --config server.toml', { cwd: own }).output()
      expect(readFileSync(file, 'utf8')).toBe(after)
      expect(readdirSync(own)).toEqual(['server.toml'])
    }
    for (let first = 1; first <= calls; first += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, calls - first + 1) }, (_, index) => first + index)
      await Promise.all(some.map(killedAt))
    }
    const old = left.filter((one) => one === SERVER).length
    expect(left).toEqual([...Array(old).fill(SERVER), ...Array(calls - old).fill(after)])
    expect(old).toBeGreaterThan(0)
    expect(old).toBeLessThan(calls)
  })
})

describeWhere(
  ['root', '/dev/net/tun', `program ${WIREGUARD_GO}`, 'program wg', 'program wg-quick', 'program ip'],
  "WireGuard's own programs",
  () => {
    const lab = groupLab()

    it('take the file of a client whose server listens on TCP, too', async () => {
      await qanat(
        'add-client phone --config server.toml --psk --endpoint udp://192.0.2.1:51820 -o phone.conf',
      ).output()
      const stripped = await new Program('wg-quick', ['strip', join(folder, 'phone.conf')]).output()
      const plain = join(folder, 'plain.conf')
      writeFileSync(plain, stripped)
      const phone = await WireGuardGo.start(lab.near, {
        ...{
          privateKey: generatePrivateKey(),
          listenPort: 51820,
          addresses: [],
          peerKey: LAPTOP,
          allowedIps: ['192.0.2.0/24'],
        },
      })
      await lab.near.run('wg', 'setconf', phone.name, plain)
      expect(await lab.near.run('wg', 'show', phone.name, 'endpoints')).toContain('192.0.2.1:51820')
      await phone.kill()
    })
  },
)
