import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fixture, QANAT } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { nginxArguments } from '../../../lab/servers/nginx-arguments.js'
import { type Server, ServerFolder, startServer } from '../../../lab/servers/server.js'
import { groupFullTunnelLab, NAMES, SERVER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const UP = 'TUN device is up'
const PORTAL = 'portal.example.org'
/** A server that is open. */
const PAGE = [[WORLD.ipv4, 443]] as const
/** Whom "sudo" was called by. */
const NOBODY = 65_534

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program nft', 'program unshare'] as const),
    ...(['program nginx', 'program setpriv'] as const),
  ],
  'a login beside a full tunnel with a kill switch',
  () => {
    const lab = groupFullTunnelLab()

    it('reaches name server and pages of its network as the user of sudo, nothing else, and leaves nothing', async () => {
      const { file, portal } = await prepared()
      const tunnel = lab.up(lab.client, file)
      await tunnel.line('a login page is in the way')
      const up = await stateOf(lab.client)
      const browser = browserFolder('first', [
        [WORLD.ipv4, 443],
        [WORLD.ipv4, 81],
        [lab.client.ipv4, 80],
        ['127.0.0.1', 80],
        [SERVER.ipv4, 80],
      ])
      const login = run(file)
      expect(await login.line('opens', 'stdout')).toContain(` a browser of nobody opens http://${PORTAL}/;`)
      const seen = await seenBy(browser, login)
      expect(seen).toMatchObject({
        uid: NOBODY,
        gid: NOBODY,
        environment: { HOME: '/dev/shm/home', USER: 'nobody' },
        home: true,
        names: `nameserver ${lab.server.ipv4}\n`,
        page: '200 log in',
      })
      expect(seen.environment).not.toHaveProperty('SUDO_UID')
      expect(seen.at[0]).toBe('answers')
      expect(seen.at.slice(1)).not.toContain('answers')
      expect(await elsewhere()).not.toContain('log in')
      expect(await lab.status(lab.client).output()).toMatch(/login open for another [5-9]:\d\d/)
      const second = run(file)
      expect((await second.ending()).code).toBe(2)
      expect(second.stderr.at(-1)).toMatch(/^qanat: Cannot open a login: one is open already, until 20/)
      expect(await stateOf(lab.client)).toBe(up)

      await portal.kill()
      expect(await login.ending()).toEqual({ code: 0, signal: null })
      expect(login.stdout.at(-1)).toBe('the login page is gone: the tunnel is free to connect')
      expect(await stateOf(lab.client)).toBe(up)
      expect(await lab.status(lab.client).output()).not.toContain('login open')
      expect(processesOf(browser)).toEqual([])
    })

    it('asks name servers by IPv6, too', async () => {
      const { file } = await prepared()
      const names = lab.server.node('name-server.js', lab.server.ipv6, `${PORTAL}=${WORLD.ipv4}`)
      await names.line('ready', 'stdout')
      const tunnel = lab.up(lab.client, file)
      await tunnel.line(UP)
      const browser = browserFolder('by-ipv6', PAGE)
      const login = run(file, '--url', `http://${PORTAL}/`, '--dns', lab.server.ipv6)
      expect(await seenBy(browser, login)).toMatchObject({
        names: `nameserver ${lab.server.ipv6}\n`,
        page: '200 log in',
      })
      login.kill('SIGTERM')
      expect((await login.ending()).code).toBe(0)
    })

    it('ends at once by a kill, and by the kernel if its process stands still', async () => {
      const { file } = await prepared()
      const tunnel = lab.up(lab.client, file)
      await tunnel.line(UP)
      const killed = browserFolder('killed', PAGE)
      const first = run(file, '--url', `http://${WORLD.ipv4}/`)
      await seenBy(killed, first)
      first.kill('SIGKILL')
      await eventually('the browser is gone', () => processesOf(killed).length, 0)
      await eventually(
        'the tunnel knows',
        async () => await lab.status(lab.client).output(),
        (text: string) => !text.includes('login open'),
      )

      const stopped = browserFolder('stopped', PAGE)
      const second = run(file, '--url', `http://${WORLD.ipv4}/`, '--time', '4')
      await second.line('opens', 'stdout')
      second.kill('SIGSTOP')
      const path = join(stopped, 'tries')
      const tries = () => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [])
      await eventually('the kernel closed the way', () => tries().at(-1), 'ECONNREFUSED')
      second.kill('SIGCONT')
      expect((await second.ending()).code).toBe(1)
      expect(processesOf(stopped)).toEqual([])
    })

    it('is refused if its file does not allow it, and as root itself', async () => {
      const { file } = await prepared([])
      const tunnel = lab.up(lab.client, file)
      await tunnel.line(UP)
      browserFolder('refused')
      const off = run(file)
      expect((await off.ending()).code).toBe(2)
      expect(off.stderr.at(-1)).toMatch(/add 'login = true' to its \[interface\]$/)
      const root = lab.client.start(process.execPath, [QANAT, 'login', file], {
        env: { ...lab.environment, SUDO_UID: undefined },
      })
      expect((await root.ending()).code).toBe(2)
      expect(root.stderr.at(-1)).toMatch(/no browser runs as root/)
    })

    /** The portal's servers, and the client's file. */
    async function prepared(more?: readonly string[]): Promise<{ file: string; portal: Server }> {
      const folder = new ServerFolder()
      const listens = [80, 81, 443].map((port) => `listen ${WORLD.ipv4}:${port};`).join(' ')
      const redirects = `if ($host = ${NAMES.server}) { return 302 http://${PORTAL}/; }`
      const served = nginxArguments(folder, `${listens} ${redirects} return 200 "log in";`)
      const portal = await startServer('nginx', served, 80, lab.server)
      const names = lab.server.node(
        'name-server.js',
        lab.server.ipv4,
        `${PORTAL}=${WORLD.ipv4}`,
        `${NAMES.server}=${WORLD.ipv4}`,
      )
      await names.line('ready', 'stdout')
      const own = new ServerFolder()
      const here = nginxArguments(own, `listen 80; return 200 "this host";`)
      await startServer('nginx', here, 80, lab.client)
      const file = lab.clientFile({
        endpoint: `ws://${NAMES.server}/door`,
        allowed: ['0.0.0.0/0', '::/0'],
        more: [
          'kill-switch = true',
          `dns = ["${SERVER.ipv4}"]`,
          ...(more ?? ['login = true', `login-browser = "${join(lab.folder, 'browser')}"`]),
        ],
      })
      return { file, portal }
    }

    /** A folder with a browser, where that writes; the file's browser is it from now on. */
    function browserFolder(name: string, at: readonly (readonly [string, number])[] = []): string {
      const folder = join(lab.folder, name)
      chmodSync(lab.folder, 0o755)
      mkdirSync(folder)
      chmodSync(folder, 0o777)
      writeFileSync(join(folder, 'try.json'), JSON.stringify(at))
      writeFileSync(join(folder, 'browser.mjs'), readFileSync(fixture('login/browser.js')))
      const script = `#!/bin/sh\nexec ${process.execPath} ${join(folder, 'browser.mjs')} "$@"\n`
      writeFileSync(join(lab.folder, 'browser'), script, { mode: 0o755 })
      return folder
    }

    function run(file: string, ...more: readonly string[]): Program {
      const words = [QANAT, 'login', file, ...more]
      const env = { ...lab.environment, SUDO_UID: String(NOBODY), SUDO_USER: 'nobody' }
      return lab.client.start(process.execPath, words, { env })
    }

    /** What any other program of the host gets from the portal. */
    async function elsewhere(): Promise<string> {
      const script = `require('http').get({ host: '${WORLD.ipv4}', timeout: 1000 }, (answer) => answer.pipe(process.stdout))
        .on('timeout', function () { this.destroy() }).on('error', () => console.log('nothing'))`
      return lab.client.run(process.execPath, '-e', script)
    }
  },
)

interface Seen {
  readonly environment: Record<string, string>
  readonly at: readonly string[]
}

/** What a browser saw; an error if its login is over before. */
async function seenBy(folder: string, login: Program): Promise<Seen> {
  const path = join(folder, 'seen.json')
  const over = login.ended.then(() => {
    throw new Error(`The login ended: ${[...login.stdout, ...login.stderr].join('\n')}`)
  })
  await Promise.race([over, eventually('the browser has seen all', () => existsSync(path))])
  return JSON.parse(readFileSync(path, 'utf8')) as Seen
}

/** The processes of a browser of that folder, whatever namespace they are in. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) &&
        readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(join(folder, 'browser.mjs'))
      )
    } catch {
      return false
    }
  })
}
