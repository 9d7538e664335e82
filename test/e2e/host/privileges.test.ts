import { X509Certificate } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { type LabHost, QANAT } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { lossOf } from '../../support/e2e/connect.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { errorsOf, logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { excessOf, rightsOf } from '../../support/e2e/thread-rights.js'
import { eventually } from '../../support/eventually.js'
import { guardOf } from '../../support/guard-of.js'
import { expectRefusal } from '../../support/refusal.js'
import { certbotPair, type Pair } from '../../support/tls/renewed-pair.js'

/** Debian's user and group without rights. */
const NOBODY = 65_534
const DROPPED = 'dropped root'

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping'], 'a tunnel that gives up root', () => {
  const lab = groupLab()
  let folder: string
  beforeAll(async () => {
    folder = temporaryFolder()
    const places = ['--network', '10.7.0.0/24, fd07::/64', '--transports', 'tcp', '--port', '443']
    await qanat(lab.far, 'init', '--host', lab.far.ipv4, ...places).output()
  })

  function qanat(host: LabHost, ...args: string[]): Program {
    const env = { ...process.env, RUNTIME_DIRECTORY: join(folder, 'run') }
    return host.start(process.execPath, [QANAT, ...args], { cwd: folder, env })
  }

  describeWhere(['koffi'], 'which keeps one of its rights', () => {
    it('carries, calls again and puts everything back, with CAP_NET_ADMIN alone; its port 443 stays its own', async () => {
      const { near, far } = lab
      const before = await stateOf(near)
      const server = qanat(far, 'up', 'server.toml', '--user', 'nobody')
      await server.line(DROPPED)
      const client = qanat(near, 'up', 'client.toml', '--user', String(NOBODY))
      await client.line(DROPPED)
      for (const { pid } of [server, client]) {
        const threads = rightsOf(pid)
        expect(threads.length).toBeGreaterThan(4)
        expect(excessOf(threads, NOBODY, NOBODY)).toEqual([])
      }
      expect(await lossOf(near, '10.7.0.1')).toBe('0%')
      expect(await lossOf(near, 'fd07::1')).toBe('0%')

      server.kill('SIGTERM')
      expect(await server.ending()).toEqual({ code: 0, signal: null })
      expect(await far.tunnels()).toEqual([])
      const again = qanat(far, 'up', 'server.toml', '--user', 'nobody')
      await again.line(DROPPED)
      await eventually('the client has called again', async () => {
        const ping = near.start('ping', ['-c', '1', '-W', '1', '10.7.0.1'])
        return (await ping.ending()).code === 0
      })
      expect(excessOf(rightsOf(client.pid), NOBODY, NOBODY)).toEqual([])

      client.kill('SIGTERM')
      expect(await client.ending()).toEqual({ code: 0, signal: null })
      expect(await stateOf(near)).toBe(before)
      expect(errorsOf(client)).toEqual([])
      again.kill('SIGTERM')
      await again.ending()
      expect(readdirSync(join(folder, 'run'))).toEqual([])
    })

    it('answers root, and has its guard read what its user cannot read, as far as it may be used', async () => {
      const { far } = lab
      const server = qanat(far, 'up', 'server.toml', '--user', 'nobody')
      await server.line(DROPPED)
      expect(await qanat(far, 'status').output()).toContain('server')
      const file = join(folder, 'server.toml')
      expect(statSync(file).mode & 0o777).toBe(0o600)
      const before = readFileSync(file, 'utf8')
      const key = join(folder, 'key')
      writeFileSync(key, before.match(/^private-key = "(.*)"/m)![1]!, { mode: 0o600 })
      writeFileSync(file, before.replace(/^private-key = .*/m, `private-key-file = "${key}"`))
      expect(await qanat(far, 'reload', 'server.toml').output()).toContain('1 peer')
      chmodSync(key, 0o644)
      await expectRefusal(qanat(far, 'reload', 'server.toml'), [key, 'others may read'])
      writeFileSync(file, `${before}\nlissen = 1\n`)
      await expectRefusal(qanat(far, 'reload', 'server.toml'), ['server.toml', 'lissen'])
      writeFileSync(file, before)
      expect(await qanat(far, 'reload', 'server.toml').output()).toContain('1 peer')
      process.kill(guardOf(server), 'SIGKILL')
      await eventually('it knows that its guard is gone', async () => {
        const reload = qanat(far, 'reload', 'server.toml')
        expect((await reload.ending()).code).toBe(2)
        return ['server.toml', 'EACCES', `user ${NOBODY}`].every((text) =>
          reload.stderr.join().includes(text),
        )
      })
      expect(excessOf(rightsOf(server.pid), NOBODY, NOBODY)).toEqual([])
      await qanat(far, 'down', 'server.toml').output()
      expect(await server.ending()).toEqual({ code: 0, signal: null })
      expect(await far.tunnels()).toEqual([])
      await qanat(far, 'down', 'server.toml').ending() // removes what the guard would have
      expect(readdirSync(join(folder, 'run'))).toEqual([])
    })

    it('serves certificates that are renewed in a folder of root, which its guard looks into', async () => {
      const { near, far } = lab
      const authority = new TestAuthority()
      const [first, second, third] = Array.from({ length: 3 }, () => authority.issue(far.ipv4))
      const files = certbotPair(first!)
      const listen = 'listen = ["tcp://[::]:443", "wss://[::]:8443"]'
      const tls = `[tls]\ncert-file = "${files.certFile}"\nkey-file = "${files.keyFile}"\n`
      const plain = readFileSync(join(folder, 'server.toml'), 'utf8')
      writeFileSync(join(folder, 'certified.toml'), plain.replace(/^listen = .*/m, listen) + tls, {
        mode: 0o600,
      })
      const server = qanat(far, 'up', 'certified.toml', '--user', 'nobody')
      await server.line(DROPPED)
      const shown = async () => {
        const client = near.start('openssl', ['s_client', '-connect', `${far.ipv4}:8443`])
        return new X509Certificate(await client.output()).fingerprint256
      }
      const fingerprintOf = ({ cert }: Pair) => new X509Certificate(cert).fingerprint256
      expect(await shown()).toBe(fingerprintOf(first!))
      const renewal = files.renew(second!)[Symbol.iterator]()
      renewal.next()
      await expectRefusal(qanat(far, 'reload', 'certified.toml'), ['is not that of the certificate'])
      expect(await shown()).toBe(fingerprintOf(first!))
      renewal.next()
      await server.line('certificates were renewed')
      expect(await shown()).toBe(fingerprintOf(second!))
      for (const _ of files.renew(third!));
      expect(await qanat(far, 'reload', 'certified.toml').output()).toContain('applied')
      expect(await shown()).toBe(fingerprintOf(third!))
      server.kill('SIGTERM')
      expect(await server.ending()).toEqual({ code: 0, signal: null })
    })

    it('sets up a plugin that needs root while it is root, though none of its parts is used', async () => {
      const path = join(folder, 'rooted.mjs')
      const parts = "packetHooks: { it: { summary: '', create: () => ({ outgoing() {} }) } }"
      const setup = "setup: ({ log }) => log.info('set up', { uid: process.getuid() })"
      writeFileSync(path, `export default { api: 1, name: 'rooted', needsRoot: true, ${parts}, ${setup} }`)
      const options = ['-k', '12', '--cipher', 'xor', '--user', 'nobody', '--plugin', path]
      const tunnel = qanat(lab.near, ...options, '-p', lab.far.ipv4, '10.0.0.2', '10.0.0.1')
      await tunnel.line(DROPPED)
      const lines = logOf(tunnel).map(({ message, uid }) => `${message} ${uid}`)
      expect(lines.filter((line) => /^set up|^dropped/.test(line))).toEqual([
        'set up 0',
        expect.stringMatching(/^dropped root/),
      ])
    })

    it('answers root without a file, and leaves nothing behind, neither ended by a command nor killed', async () => {
      const { near, far } = lab
      const start = async () => {
        const options = ['-k', '12'.repeat(32), '--user', 'nobody', '-p', far.ipv4]
        const tunnel = qanat(near, ...options, '10.0.0.2', '10.0.0.1')
        await tunnel.line(DROPPED)
        const { tunnels } = JSON.parse(await qanat(near, 'status', '--json').output())
        const file = `/proc/${tunnel.pid}/cmdline`
        expect(tunnels).toMatchObject([{ file, pid: tunnel.pid, peers: [{ remote: null }] }])
        expect(excessOf(rightsOf(tunnel.pid), NOBODY, NOBODY)).toEqual([])
        return { tunnel, file }
      }
      const first = await start()
      await qanat(near, 'down', first.file).output()
      expect(await first.tunnel.ending()).toEqual({ code: 0, signal: null })
      expect(readdirSync(join(folder, 'run'))).toEqual([])
      const second = await start()
      second.tunnel.kill('SIGKILL')
      await second.tunnel.ending()
      await eventually('its files are gone', () => readdirSync(join(folder, 'run')), [])
    })

    it('leaves no lock behind where it is killed', async () => {
      const server = qanat(lab.far, 'up', 'server.toml', '--user', 'nobody')
      await server.line(DROPPED)
      expect(readdirSync(join(folder, 'run'))).not.toEqual([])
      server.kill('SIGKILL')
      await server.ending()
      await eventually('its lock is gone', () => readdirSync(join(folder, 'run')), [])
      expect(await lab.far.tunnels()).toEqual([])
    })

    describeWhere(['the package tuntap2'], 'by the driver tuntap2', () => {
      it('has ip take the device away with the one right that it kept', async () => {
        const { near, far } = lab
        const key = ['-k', '12'.repeat(32), '--tun-driver', 'tuntap2', '--user', 'nobody']
        const client = qanat(near, ...key, '-p', far.ipv4, '10.0.0.2', '10.0.0.1')
        await client.line(DROPPED)
        expect(excessOf(rightsOf(client.pid), NOBODY, NOBODY)).toEqual([])
        client.kill('SIGTERM')
        expect(await client.ending()).toEqual({ code: 0, signal: null })
        expect(await near.tunnels()).toEqual([])
      })
    })

    it.each([
      ['no-such-user', ["Cannot run as user 'no-such-user'", 'no such user']],
      ['root', ["Cannot run as user 'root'", 'choose another user']],
    ])('refuses to run as %s, in one line, before anything is made', async (user, says) => {
      await expectRefusal(qanat(lab.near, 'up', 'client.toml', '--user', user), says)
      expect(await lab.near.tunnels()).toEqual([])
      expect(readdirSync(join(folder, 'run'))).toEqual([])
    })
  })

  it('refuses to give up root without koffi, in one line', async () => {
    const key = ['-k', '12'.repeat(32), '--no-native', '--user', 'nobody']
    const says = ["Cannot run as user 'nobody'", 'koffi', '--user']
    await expectRefusal(qanat(lab.near, ...key, '-p', lab.far.ipv4, '10.0.0.2', '10.0.0.1'), says)
  })

  /** What a tunnel could leave behind. */
  async function stateOf(host: LabHost): Promise<string> {
    const lists = ['address', 'route', 'rule'].flatMap((object) => [
      host.run('ip', '-4', object, 'show'),
      host.run('ip', '-6', object, 'show'),
    ])
    return (await Promise.all(lists)).join('\n').replace(/(valid|preferred)_lft \S+|tentative /g, '')
  }
})
