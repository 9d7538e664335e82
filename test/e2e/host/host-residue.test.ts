import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { FullTunnelLab, OUTER, SERVER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { errorsOf, logOf } from '../../support/e2e/log.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { guardOf } from '../../support/guard-of.js'
import { nativeMissing } from '../../support/native-missing.js'

const PORT = 5183
/** Without koffi nothing is marked, so there is neither a kill switch nor a full tunnel. */
const MARKS = nativeMissing === undefined
/** All that a file can ask of the host, but for the full tunnel. */
const EVERYTHING = [
  ...(MARKS ? ['kill-switch = true'] : []),
  `dns = ["${SERVER.ipv4}", "example.org"]`,
  'nat = true',
  'pre-up = ["ip rule add priority 77 table 77"]',
  'post-down = ["ip rule delete priority 77"]',
]
const OUTAGE = 1_000

describeWhere(
  [
    'root',
    '/dev/net/tun',
    'program ip',
    'program ping',
    'program nft',
    'program tcpdump',
    'program unshare',
    'program sysctl',
  ],
  'a host on which a tunnel changed all that it can',
  () => {
    let lab: FullTunnelLab
    let file: string
    let before: string
    beforeAll(async () => {
      lab = new FullTunnelLab()
      await lab.prepare()
      // What the kernel would change by itself when forwarding ends.
      await lab.client.run('sysctl', '-w', 'net.ipv4.conf.all.accept_redirects=0')
    })
    beforeEach(async () => {
      file = clientFile(EVERYTHING)
      before = await stateOf(lab.client)
    })
    afterEach(async () => {
      await lab.clear()
      expect(await stateOf(lab.client)).toBe(before) // each test leaves it as it was
    })
    afterAll(() => lab.remove())

    for (const allowed of [['0.0.0.0/0'], ['0.0.0.0/0', '::/0'], ['::/0'], ['10.0.0.0/24']]) {
      const marks = allowed.some((prefix) => prefix.endsWith('/0'))
      describeWhere(marks ? ['koffi'] : [], `with ${allowed.join(' and ')}`, () => {
        it('is as before after SIGTERM', async () => {
          const client = await up(clientFile(EVERYTHING, allowed))
          await expectChanged()
          await end(client)
          expect(await stateOf(lab.client)).toBe(before)
          expect(leftInRunFolder()).toEqual([])
        })
      })
    }

    it('is as before after kill -9 and the next start and end', async () => {
      await kill(await up(file))
      await expectChanged()
      const endings = leftInRunFolder().map((name) => extname(name))
      expect(endings).toEqual(expect.arrayContaining(['.lock', '.journal'])) // and a socket, if it came so far
      const next = await up(clientFile(['dns = ["9.9.9.9"]', ...EVERYTHING.slice(-2)]))
      expect(logOf(next)[0]).toMatchObject({ message: 'restoring the host after a tunnel that was killed' })
      await end(next)
      expect(await stateOf(lab.client)).toBe(before)
    })

    it('is as before after kill -9 and "qanat down", which tells the second time that there is nothing', async () => {
      await kill(await up(file))
      await expectChanged()
      const down = lab.down(lab.client, file)
      expect(await down.ending()).toEqual({ code: 0, signal: null })
      expect(await stateOf(lab.client)).toBe(before)
      expect(leftInRunFolder()).toEqual([])
      const again = lab.down(lab.client, file)
      expect(await again.ending()).toEqual({ code: 0, signal: null })
      expect(again.stderr).toEqual([`qanat: the tunnel of ${file} is not running, and nothing of it is left`])
    })

    describeWhere(['koffi'], 'with a kill switch', () => {
      it('lets nothing out after kill -9 while its kill switch stands, and all again after the repair', async () => {
        const server = lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`))
        await server.line('listening')
        const client = await up(file)
        await client.line(REACHED)
        const pings = [WORLD.ipv4, WORLD.ipv6].map((address) => new Pings(lab.client, address, 20))
        await pings[0]!.firstAfter(0)
        const capture = await lab.capture(OUTER, PORT)
        client.kill('SIGKILL') // its guard goes on
        await sleep(OUTAGE)
        const next = await up(file)
        await pings[0]!.firstAfter(Date.now())
        for (const some of pings) some.stop()
        expect(capture.stdout).toEqual([])
        await end(next)
        await lab.client.run('ping', '-c', '1', '-w', '5', WORLD.ipv4)
        await capture.line('ICMP', 'stdout')
      })

      it('keeps but its kill switch where the device fails, until it has run again', async () => {
        const client = await up(file)
        await lab.client.run('ip', 'link', 'delete', 'client')
        expect(await client.ending()).toEqual({ code: 1, signal: null })
        expect(errorsOf(client)).toHaveLength(1)
        const now = await stateOf(lab.client)
        expect(now).toContain('table inet qanat-client')
        const withoutFilter = (state: string) => state.replace(/^# nft.*?^# cat/ms, '')
        expect(withoutFilter(now)).toBe(withoutFilter(before))
        await lab.client.run('ip', 'link', 'add', 'client', 'type', 'bridge') // the next start fails
        expect(await lab.up(lab.client, file).ending()).toEqual({ code: 2, signal: null })
        await lab.client.run('ip', 'link', 'delete', 'client')
        expect(await stateOf(lab.client)).toBe(now)
        await end(await up(file))
      })
    })

    it('is as before where a hook fails, and one line tells which', async () => {
      const failing = clientFile([...EVERYTHING, 'post-up = ["true", "echo no >&2; exit 3", "touch never"]'])
      await expectRefusal(lab.up(lab.client, failing), 'qanat: Cannot run PostUp 2: it ended with code 3: no')
    })

    it('is as before where the tunnel is ended while a hook hangs', async () => {
      const hanging = clientFile([...EVERYTHING, 'post-up = ["echo waiting; sleep 1000"]'])
      const client = lab.up(lab.client, hanging)
      await client.line('waiting')
      await end(client)
      expect(
        await lab.client.run('sh', '-c', 'ip netns pids $(ip netns identify) | xargs ps -o comm= -p'),
      ).not.toContain('sleep')
    })

    it('is as before, and nothing was changed, where the disk is too full for the journal', async () => {
      const { runFolder } = lab
      // Room for the lock, whose page is the last one.
      const script = [
        `mkdir -p ${runFolder}`,
        `mount -t tmpfs -o size=8k,mode=700 tmpfs ${runFolder}`,
        `head -c 4096 /dev/zero > ${runFolder}/filler`,
        `exec ${lab.commandUp(file)}`,
      ].join(' && ')
      const client = lab.client.start('unshare', ['-m', 'sh', '-c', script], { env: lab.environment })
      await expectRefusal(client, /^qanat: Cannot record changes in .*\.journal: ENOSPC/)
    })

    it('is as before where the disk filled up while the tunnel ran', async () => {
      const { runFolder } = lab
      const script = `mkdir -p ${runFolder} && mount -t tmpfs -o size=64k,mode=700 tmpfs ${runFolder} && exec ${lab.commandUp(file)}`
      const client = lab.client.start('unshare', ['-m', 'sh', '-c', script], { env: lab.environment })
      await client.line('TUN device is up')
      const seen = join('/proc', String(client.pid), 'root', runFolder)
      expect(() => writeFileSync(join(seen, 'filler'), Buffer.alloc(100_000))).toThrow('ENOSPC')
      await end(client)
      expect(await stateOf(lab.client)).toBe(before)
    })

    it('has its name servers back after a power cut: no journal tells of them', async () => {
      const only = clientFile([`dns = ["${SERVER.ipv4}0"]`], ['10.0.0.0/24'])
      for (const repair of [
        () => lab.down(lab.client, only).output(),
        async () => end(await up(clientFile(EVERYTHING.slice(-2)))),
      ]) {
        await kill(await up(only))
        expect(await stateOf(lab.client)).not.toBe(before)
        for (const name of leftInRunFolder()) rmSync(join(lab.runFolder, name))
        await repair()
        expect(await stateOf(lab.client)).toBe(before)
      }
      expect(readdirSync(lab.stateFolder)).toEqual([])
    })

    it('is left alone by "qanat down" from another network namespace, which says so in one line', async () => {
      await kill(await up(file))
      const changed = await stateOf(lab.client)
      const elsewhere = lab.down(lab.server, file)
      expect(await elsewhere.ending()).toEqual({ code: 2, signal: null })
      expect(elsewhere.stderr).toEqual([
        `qanat: Cannot restore what the tunnel of ${file} left in another network namespace: run 'qanat down' within that one`,
      ])
      expect(await stateOf(lab.client)).toBe(changed)
      await lab.down(lab.client, file).output()
    })

    it('is restored by the next start also where its file no longer asks for any change', async () => {
      await kill(await up(file))
      await end(await up(clientFile([], ['10.0.0.0/24'])))
      await lab.client.run('sh', '-c', 'ip rule delete priority 77 || true') // the hook that did it is gone
      expect(await stateOf(lab.client)).toBe(before)
    })

    it('keeps the name servers that somebody else wrote in the meantime', async () => {
      const path = await resolvConf()
      const own = readFileSync(path, 'utf8')
      const client = await up(file)
      writeFileSync(path, 'nameserver 192.0.2.53\n')
      await end(client)
      expect(readFileSync(path, 'utf8')).toBe('nameserver 192.0.2.53\n')
      writeFileSync(path, own)
    })

    function clientFile(more: readonly string[], allowed = [MARKS ? '0.0.0.0/0' : '10.0.0.0/24']): string {
      return lab.clientFile({ endpoint: `udp://${OUTER}:${PORT}`, allowed, more })
    }

    async function up(path: string): Promise<Program> {
      const client = lab.up(lab.client, path)
      await client.line('TUN device is up')
      return client
    }

    async function end(client: Program): Promise<void> {
      client.kill('SIGTERM')
      expect(await client.ending()).toEqual({ code: 0, signal: null })
    }

    /** Kills a tunnel, and its guard before, which would restore the host by itself. */
    async function kill(client: Program): Promise<void> {
      process.kill(guardOf(client), 'SIGKILL')
      client.kill('SIGKILL')
      await client.ending()
    }

    /** One line at the level of errors, or on standard error where the log is not yet there. */
    async function expectRefusal(client: Program, line: string | RegExp): Promise<void> {
      expect(await client.ending()).toEqual({ code: 2, signal: null })
      const complaints = client.stderr.filter(
        (text) => !text.startsWith('{') || JSON.parse(text).level === 'error',
      )
      expect(complaints).toEqual([expect.stringMatching(line)])
      expect(await stateOf(lab.client)).toBe(before)
    }

    async function expectChanged(): Promise<void> {
      const now = await stateOf(lab.client)
      expect(now).toContain(`nameserver ${SERVER.ipv4}`)
      expect(now).toContain('table inet qanat-client')
      expect(now).toContain('lookup 77')
    }

    function leftInRunFolder(): string[] {
      return readdirSync(lab.runFolder)
    }

    async function resolvConf(): Promise<string> {
      return join('/etc/netns', await lab.client.run('ip', 'netns', 'identify'), 'resolv.conf')
    }
  },
)
