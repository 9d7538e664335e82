import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { type LabHost, QANAT, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import type { RunStatus } from '../../../src/cli/status/report.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { errorsOf } from '../../support/e2e/log.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 51820
/** Times that a client is added and removed again under traffic. */
const RELOADS = 10
/** Milliseconds that "status" waits for an answer: whoever is stopped is named without that, at once. */
const PATIENCE = 5_000

const keys = { server: generatePrivateKey(), a: generatePrivateKey(), b: generatePrivateKey() }

/** A server at 10.7.0.1 and 10.8.0.1; each client knows the one or the other, so that two of them fit on one host. */
const SERVER = `[interface]
private-key = "${keys.server}"
address = ["10.7.0.1/32", "10.8.0.1/32"]
listen = ["udp://[::]:${PORT}", "tcp://[::]:${PORT}"]
`
const peer = (name: 'a' | 'b', address: string, more = '') => `
[[peer]]
name = "${name}"
public-key = "${publicKeyOf(keys[name])}"
allowed-ips = ["${address}/32"]
${more}`
const A = peer('a', '10.7.0.2')
const B = peer('b', '10.8.0.2')

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping'], 'a running tunnel of a file', () => {
  const lab = groupLab()
  let folder: string
  beforeEach(() => {
    folder = temporaryFolder()
    mkdirSync(join(folder, 'near'))
    mkdirSync(join(folder, 'far'))
    for (const [name, subnet] of [
      ['a', 7],
      ['b', 8],
    ] as const) {
      write(
        `${name}.toml`,
        `[interface]
private-key = "${keys[name]}"
address = ["10.${subnet}.0.2/32"]
[[peer]]
name = "server"
public-key = "${publicKeyOf(keys.server)}"
allowed-ips = ["10.${subnet}.0.0/24"]
endpoints = ["${name === 'a' ? 'udp' : 'tcp'}://${lab.far.ipv4}:${PORT}"]
`,
      )
    }
  })

  function write(name: string, text: string): void {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  }

  /** Qanat on a host that has a folder of its own for what runs. */
  function qanat(host: LabHost, ...args: string[]): Program {
    const env = { ...process.env, RUNTIME_DIRECTORY: join(folder, host === lab.near ? 'near' : 'far') }
    return host.start(process.execPath, [QANAT, ...args], { cwd: folder, env })
  }

  /** The code that it ends with, and what it says on standard error. */
  async function refused(program: Program): Promise<string[]> {
    expect(await program.ending()).toEqual({ code: 2, signal: null })
    return program.stderr
  }

  async function serve(...peers: string[]): Promise<Program> {
    write('server.toml', SERVER + peers.join(''))
    const server = qanat(lab.far, 'up', 'server.toml')
    await server.line('listening')
    await eventually('the server can be asked', () => statusOf(lab.far, 'server'))
    return server
  }

  async function connect(name: string): Promise<Program> {
    const client = qanat(lab.near, 'up', `${name}.toml`)
    await client.line(REACHED)
    return client
  }

  async function statusOf(host: LabHost, name: string): Promise<RunStatus | undefined> {
    const program = qanat(host, 'status', '--json')
    const { tunnels } = JSON.parse(await program.output()) as { tunnels: RunStatus[] }
    return tunnels.find(({ device }) => device === name)
  }

  const reach = (address: string) => lab.near.run('ping', '-c', '1', '-w', '10', address)

  it('takes in clients and drops them under traffic, by command and by SIGHUP, and another one loses nothing', async () => {
    const server = await serve(A)
    await connect('a')
    await reach('10.7.0.1')
    const pings = new Pings(lab.near, '10.7.0.1', 5)
    write('server.toml', SERVER + A + B)
    expect(await qanat(lab.far, 'reload', 'server.toml').output()).toBe(
      'server.toml: applied, with 2 peers; b came',
    )
    await connect('b')
    await reach('10.8.0.1')
    expect(await lab.far.run('ip', 'route', 'get', '10.8.0.2')).toContain('dev server')
    for (let count = 0; count < RELOADS; count++) {
      write('server.toml', SERVER + A + (count % 2 === 0 ? '' : B))
      if (count % 4 < 2) await qanat(lab.far, 'reload', 'server.toml').output()
      else {
        const before = linesOf(server, 'configuration applied')
        server.kill('SIGHUP')
        await eventually('the file is read', () => linesOf(server, 'configuration applied') > before)
      }
    }
    write('server.toml', SERVER + A)
    await qanat(lab.far, 'reload', 'server.toml').output()
    expect(await lab.far.run('ip', 'route')).not.toContain('10.8.0.2')
    const gone = lab.near.start('ping', ['-c', '3', '-i', '0.2', '-W', '1', '10.8.0.1'])
    expect((await gone.ending()).code).toBe(1)
    expect(await pings.stop()).toBe(0)
    expect(errorsOf(server)).toEqual([])
  })

  it('stays as it is where its file is broken or asks for what cannot change, and tells why', async () => {
    const server = await serve(A)
    await connect('a')
    write('server.toml', `${SERVER.replace('listen', 'lissen')}${A.replace('10.7.0.2/32', '10.7.0.300')}`)
    const problems = [
      "Cannot use server.toml:4: unknown key 'lissen' in [interface]; did you mean 'listen'?",
      "Cannot use server.toml:9: 'allowed-ips' in [[peer]] 1 is '10.7.0.300'",
    ]
    const said = await refused(qanat(lab.far, 'reload', 'server.toml'))
    for (const [index, problem] of problems.entries()) expect(said[index]).toContain(problem)
    server.kill('SIGHUP')
    for (const problem of problems) await server.line(problem)
    expect(errorsOf(server)).toHaveLength(2)
    write(
      'server.toml',
      SERVER.replace('listen', 'mtu = 1300\nlisten').replace(/listen = .*/, 'listen = ["udp://[::]:7"]') + A,
    )
    expect(await refused(qanat(lab.far, 'reload', 'server.toml'))).toEqual([
      'qanat: Cannot change the tunnel while it runs: the MTU cannot change; restart it',
    ])
    await reach('10.7.0.1')
  })

  it('opens and closes listeners under traffic, and one that cannot be had leaves all as it was', async () => {
    await serve(A, B)
    await connect('a')
    await reach('10.7.0.1')
    const pings = new Pings(lab.near, '10.7.0.1', 5)
    const listens = (...more: string[]) => {
      const all = [`udp://[::]:${PORT}`, `tcp://[::]:${PORT}`, ...more].map((one) => `"${one}"`)
      write('server.toml', SERVER.replace(/listen = .*/, `listen = [${all}]`) + A + B)
      return qanat(lab.far, 'reload', 'server.toml')
    }
    await listens('ws://[::]:8080/one').output()
    write(
      'b.toml',
      readFileSync(join(folder, 'b.toml'), 'utf8').replace(/tcp:.*/, `ws://${lab.far.ipv4}:8080/two"]`),
    )
    await listens('ws://[::]:8080/two').output()
    await connect('b')
    await reach('10.8.0.1')
    const said = await refused(listens('ws://[::]:8080/two', 'tcp://192.0.2.1:7'))
    expect(said.join()).toContain('192.0.2.1')
    await listens().output()
    expect((await statusOf(lab.far, 'server'))!.listen).toEqual([`udp://[::]:${PORT}`, `tcp://[::]:${PORT}`])
    expect(await pings.stop()).toBe(0)
  })

  it('tells the right figures after a transfer that is known', async () => {
    const begun = Date.now()
    await serve(A, B)
    await connect('a')
    await lab.near.run('ping', '-q', '-c', '100', '-i', '0.002', '-s', '1000', '10.7.0.1')
    const near = (await statusOf(lab.near, 'a'))!
    const far = (await statusOf(lab.far, 'server'))!
    const all = { packets: 100, bytes: 100 * (20 + 8 + 1000) } // headers of IPv4 and ICMP
    expect(far.peers.map(({ name, sent, received }) => ({ name, sent, received }))).toEqual([
      { name: 'a', sent: all, received: all },
      { name: 'b', sent: { packets: 0, bytes: 0 }, received: { packets: 0, bytes: 0 } },
    ])
    expect(near.peers).toMatchObject([
      {
        name: 'server',
        sent: all,
        received: all,
        endpoint: `udp://${lab.far.ipv4}:${PORT}`,
        remote: `udp://${lab.far.ipv4}:${PORT}`,
        why: 'it comes first',
        drops: {},
      },
    ])
    expect(far.peers[0]!.remote).toMatch(new RegExp(`^udp://${lab.near.ipv4.replaceAll('.', '\\.')}:\\d+$`))
    for (const { lastHandshake, roundTrip } of [near.peers[0]!, far.peers[0]!]) {
      expect(Date.parse(lastHandshake!)).toBeGreaterThanOrEqual(begun)
      expect(roundTrip).toBeGreaterThan(0)
      expect(roundTrip).toBeLessThan(Date.now() - begun)
    }
    expect(far.peers[1]).toMatchObject({ remote: null, lastHandshake: null, why: 'nothing came from it yet' })
    for (const key of Object.values(keys)) expect(JSON.stringify([near, far])).not.toContain(key)
    const table = await qanat(lab.far, 'status', 'server').output()
    expect(table).toMatch(/^ {2}a .* 103 kB +103 kB +– +the peer sends from there$/m)
    const watch = qanat(lab.far, 'status', 'server.toml', '--watch', '--json')
    await eventually('it is told three times', () => watch.stdout.length >= 3)
    watch.kill('SIGINT')
    for (const line of watch.stdout) expect(JSON.parse(line).tunnels).toHaveLength(1)
  })

  it('ends by down, which waits until all is restored', async () => {
    const server = await serve(A)
    expect(await lab.far.tunnels()).toEqual(['server'])
    await qanat(lab.far, 'down', 'server.toml').output()
    expect(await lab.far.tunnels()).toEqual([])
    expect(readdirSync(join(folder, 'far'))).toEqual([])
    expect(await server.ending()).toEqual({ code: 0, signal: null })
    const nothing = qanat(lab.far, 'down', 'server.toml')
    expect(await nothing.ending()).toEqual({ code: 0, signal: null })
    expect(nothing.stderr).toEqual([
      'qanat: the tunnel of server.toml is not running, and nothing of it is left',
    ])
    const none = ['qanat: Cannot reach the tunnel of server.toml: it is not running']
    expect(await refused(qanat(lab.far, 'down', 'serve.toml'))).toEqual([none[0]!.replace('server', 'serve')])
    expect(await refused(qanat(lab.far, 'reload', 'server.toml'))).toEqual(none)
    expect(await refused(qanat(lab.far, 'status', 'server.toml'))).toEqual(none)
    expect(await qanat(lab.far, 'status').output()).toBe('No tunnel of a file runs')
  })

  it('is told to be starting while its peer does not answer yet, and may be ended even then', async () => {
    // An address where nobody is: connecting takes until the kernel gives up to ask for it.
    const nowhere = lab.far.ipv4.replace(/\d+$/, '99')
    const text = readFileSync(join(folder, 'b.toml'), 'utf8')
    write('b.toml', text.replace(lab.far.ipv4, nowhere))
    const client = qanat(lab.near, 'up', 'b.toml')
    await client.line('TUN device is up')
    const starts = `process ${client.pid} is still starting it`
    const [one, all] = [qanat(lab.near, 'status', 'b'), qanat(lab.near, 'status')]
    expect((await refused(one))[0]).toContain(starts)
    const named = `${join(folder, 'b.toml')}, process ${client.pid}, which is still starting it`
    expect(await all.output()).toBe(`b: ${named}`)
    await qanat(lab.near, 'down', 'b.toml').output()
    expect(await client.ending()).toEqual({ code: 0, signal: null })
    expect(await lab.near.tunnels()).toEqual([])
  })

  it('is named while SIGSTOP holds it, and ended by down all the same', async () => {
    const server = await serve(A)
    server.kill('SIGSTOP')
    const asked = performance.now()
    const { silent } = JSON.parse(await qanat(lab.far, 'status', '--json').output())
    expect(performance.now() - asked).toBeLessThan(PATIENCE)
    expect(silent).toEqual([{ file: join(folder, 'server.toml'), pid: server.pid, state: 'stopped' }])
    expect((await refused(qanat(lab.far, 'status', 'server')))[0]).toContain(`kill -CONT ${server.pid}`)
    await qanat(lab.far, 'down', 'server.toml').output()
    expect(await server.ending()).toEqual({ code: 0, signal: null })
  })

  it('reads its file again once it is up where SIGHUP came while it started', async () => {
    const nowhere = lab.far.ipv4.replace(/\d+$/, '99')
    const text = readFileSync(join(folder, 'b.toml'), 'utf8')
    write('b.toml', text.replace(lab.far.ipv4, nowhere))
    const client = qanat(lab.near, 'up', 'b.toml')
    await client.line('TUN device is up')
    client.kill('SIGHUP')
    await client.line('configuration applied')
    expect(await statusOf(lab.near, 'b')).toMatchObject({ pid: client.pid })
  })

  it('is cleared up by down where kill -9 left a socket and a lock behind', async () => {
    const killed = await serve(A)
    killed.kill('SIGKILL')
    await killed.ending()
    expect(readdirSync(join(folder, 'far'))).toHaveLength(2)
    expect(await qanat(lab.far, 'down', 'server.toml').output()).toBe('')
    expect(readdirSync(join(folder, 'far'))).toEqual([])
    expect(await qanat(lab.far, 'down', 'server.toml').output()).toBe('')
  })

  it('starts again where kill -9 left a socket behind, which then answers', async () => {
    const killed = await serve(A)
    killed.kill('SIGKILL')
    await killed.ending()
    expect(readdirSync(join(folder, 'far'))).toHaveLength(2)
    expect(await qanat(lab.far, 'status').output()).toBe('No tunnel of a file runs')
    const server = await serve(A)
    expect(await statusOf(lab.far, 'server')).toMatchObject({ pid: server.pid })
    expect(readdirSync(join(folder, 'far'))).toHaveLength(2)
  })
})

function linesOf(program: Program, text: string): number {
  return program.stderr.filter((line) => line.includes(text)).length
}
