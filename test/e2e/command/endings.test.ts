import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fixture, INNER, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { DRIVERS } from '../../support/e2e/drivers.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { errorsOf, logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const [LOCAL, PEER] = INNER.ipv4
const BAD_TRANSPORTS = ['--plugin', fixture('bad-transports.js'), '--transport']
const BAD_CIPHERS = ['--plugin', fixture('bad-ciphers.js'), '--cipher']
/** Milliseconds that each `close` of a plugin may take. */
const CLOSE_LIMIT = 5_000
const BAD_DRIVERS = ['--plugin', fixture('bad-drivers.js'), '--tun-driver']

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping'], 'the end of a tunnel', () => {
  const lab = groupLab()

  /** A tunnel that talks to nobody, on the near host. */
  function start(...options: string[]): Program {
    return lab.near.qanat(...optionsWith(options))
  }
  const optionsWith = (more: readonly string[]) => {
    return ['-k', '12', '-p', lab.far.ipv4, LOCAL, PEER, '--cipher', 'xor', ...more]
  }

  for (const [driver, needs] of DRIVERS) {
    describeWhere(needs, `by the driver ${driver}`, () => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        it(`${signal} ends it with code 0 and takes the interface away`, async () => {
          const tunnel = start('--tun-driver', driver)
          await tunnel.line(REACHED)
          tunnel.kill(signal)
          expect(await tunnel.ending()).toEqual({ code: 0, signal: null })
          expect(errorsOf(tunnel)).toEqual([])
          expect(await lab.near.tunnels()).toEqual([])
        })
      }

      it(`SIGKILL takes the interface away`, async () => {
        const tunnel = start('--tun-driver', driver)
        await tunnel.line(REACHED)
        expect(await lab.near.tunnels()).toHaveLength(1)
        tunnel.kill('SIGKILL')
        await tunnel.ending()
        expect(await lab.near.tunnels()).toEqual([])
      })

      it(`ends with one error when its interface is removed`, async () => {
        const tunnel = start('--tun-driver', driver, '--tun', 'qanat0')
        await tunnel.line(REACHED)
        await lab.near.run('ip', 'link', 'delete', 'qanat0')
        await expectFailure(tunnel, /^Cannot (read from|use) qanat0: /)
      })
    })
  }

  it('ends with one error when the socket of a transport fails', async () => {
    await expectFailure(start(...BAD_TRANSPORTS, 'socket-fails'), /: the socket of a transport failed$/)
  })

  it.each([
    ['throws in a timer', 'throws-in-timer', "'dial' failed: the timer of a transport threw"],
    ['does not wait for a promise', 'rejects-later', "'dial' failed: a promise of a transport was rejected"],
    ['throws in send', 'throws-in-send', "'send' failed: the send of a transport threw"],
  ])('goes on, and dials again, when a transport %s', async (_what, transport, why) => {
    const tunnel = start(...BAD_TRANSPORTS, transport)
    await sendPacket(tunnel)
    await tunnel.line(
      `Cannot go on with a link of transport '${transport}' of plugin 'throws-in-send': ${why}`,
    )
    await tunnel.line(REACHED)
    tunnel.kill('SIGTERM')
    expect(await tunnel.ending()).toEqual({ code: 0, signal: null })
    expect(errorsOf(tunnel)).toEqual([])
  })

  it('ends with one error when a cipher throws in seal', async () => {
    const tunnel = start(...BAD_CIPHERS, 'throws-in-seal')
    await sendPacket(tunnel)
    await expectFailure(
      tunnel,
      /^Cannot go on with cipher 'throws-in-seal' of plugin 'throws-in-seal': 'seal' failed: the seal of a cipher threw$/,
    )
  })

  it('ends with one error when a cipher throws in tick', async () => {
    await expectFailure(
      start(...BAD_CIPHERS, 'throws-in-tick'),
      /^Cannot go on with cipher 'throws-in-tick' of plugin 'throws-in-seal': 'tick' failed: the tick of a cipher threw$/,
    )
  })

  it('ends with one error when a cipher throws in open', async () => {
    const tunnel = start(...BAD_CIPHERS, 'throws-in-open')
    await tunnel.line(REACHED)
    const sender = lab.far.qanat('-k', '12', '-p', lab.near.ipv4, PEER, LOCAL, '--cipher', 'xor')
    await sender.line(REACHED)
    lab.far.start('ping', ['-c', '1', '-W', '1', LOCAL])
    await expectFailure(
      tunnel,
      /^Cannot go on with cipher 'throws-in-open' of plugin 'throws-in-seal': 'open' failed: the open of a cipher threw$/,
    )
  })

  describeWhere(['koffi'], 'by a driver that C calls back', () => {
    it('is one error when the callback throws', async () => {
      const tunnel = lab.near.qanatOfModules(...optionsWith([...BAD_DRIVERS, 'throws-in-callback']))
      await sendPacket(tunnel)
      await expectFailure(tunnel, /: a native callback threw$/)
    })
  })

  it('warns when a transport throws in close, and takes everything else away', async () => {
    const tunnel = start(...BAD_TRANSPORTS, 'throws-in-close')
    await tunnel.line(REACHED)
    tunnel.kill('SIGTERM')
    expect(await tunnel.ending()).toEqual({ code: 0, signal: null })
    expect(logOf(tunnel)).toContainEqual(
      expect.objectContaining({
        message:
          "Cannot close transport 'throws-in-close' of plugin 'throws-in-send': 'close' failed: the close of a transport threw",
      }),
    )
    expect(errorsOf(tunnel)).toEqual([])
    expect(await lab.near.tunnels()).toEqual([])
  })

  it('waits 5 s for plugins whose close hangs, for all of them at once, and names each', async () => {
    const hanging = ['one', 'two'].flatMap((name) =>
      hooking(name, 'close: () => new Promise(() => setInterval(() => {}, 1_000))'),
    )
    const tunnel = start(...hanging)
    await tunnel.line(REACHED)
    const begun = performance.now()
    tunnel.kill('SIGTERM')
    expect(await tunnel.ending()).toEqual({ code: 0, signal: null })
    expect(performance.now() - begun).toBeLessThan(2 * CLOSE_LIMIT) // what one after the other takes
    const warnings = logOf(tunnel).map(({ message }) => message)
    for (const name of ['one', 'two']) {
      expect(warnings).toContainEqual(
        expect.stringMatching(
          new RegExp(`^Cannot close plugin '\\S+/${name}\\.mjs': 'close' did not end within 5 s$`),
        ),
      )
    }
    expect(errorsOf(tunnel)).toEqual([])
    expect(await lab.near.tunnels()).toEqual([])
  })

  it('does not wait for what plugins left open: timers, servers, programs', async () => {
    const leaks = [
      'setInterval(() => {}, 1_000)',
      "createServer().listen(0, '127.0.0.1')",
      "spawn('cat', { stdio: 'pipe' })",
      'new Worker(`setInterval(() => {}, 1000)`, { eval: true })',
    ]
    const tunnel = start(...hooking('leaking', `setup() { ${leaks.join('; ')} }`))
    await tunnel.line(REACHED)
    const begun = performance.now()
    tunnel.kill('SIGTERM')
    expect(await tunnel.ending()).toEqual({ code: 0, signal: null })
    expect(performance.now() - begun).toBeLessThan(CLOSE_LIMIT)
    expect(errorsOf(tunnel)).toEqual([])
    expect(await lab.near.tunnels()).toEqual([])
  })

  /** Options for a plugin with these members, whose packet hook is in use. */
  function hooking(name: string, members: string): string[] {
    const path = join(temporaryFolder(), `${name}.mjs`)
    const hook = `packetHooks: { '${name}': { summary: '', create: () => ({ outgoing() {} }) } }`
    writeFileSync(
      path,
      `import { spawn } from 'node:child_process'
      import { createServer } from 'node:net'
      import { Worker } from 'node:worker_threads'
      export default { api: 1, name: '${name}', ${hook}, ${members} }`,
    )
    return ['--plugin', path, '--hook', name]
  }

  /** Lets one packet leave by the tunnel's interface, once it is up. */
  async function sendPacket(tunnel: Program): Promise<void> {
    await tunnel.line(REACHED)
    lab.near.start('ping', ['-c', '1', '-W', '1', PEER])
  }

  /** Code 1, one line at the level of errors, no stack trace, no interface. */
  async function expectFailure(tunnel: Program, message: RegExp): Promise<void> {
    expect(await tunnel.ending()).toEqual({ code: 1, signal: null })
    expect(errorsOf(tunnel)).toEqual([expect.stringMatching(message)])
    expect(await lab.near.tunnels()).toEqual([])
  }
})
