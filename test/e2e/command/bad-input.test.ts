import { realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fixture, INNER, Lab, QANAT, REACHED } from '../../../lab/lab.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { lossOf, XOR } from '../../support/e2e/connect.js'
import { DRIVERS } from '../../support/e2e/drivers.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { expectRefusal } from '../../support/refusal.js'

const [NEAR, FAR] = INNER.ipv4
const ENDS = [NEAR, FAR, ...XOR]
/** Of another tunnel. */
const OTHERS = ['10.0.1.1', '10.0.1.2', ...XOR]
/** Exit code of what may pass. */
const FAILED = 1

describeWhere(['root', '/dev/net/tun', 'program ip', 'program setpriv'], 'a host where it cannot run', () => {
  const lab = groupLab()

  /** Expects a refusal that leaves no interface behind besides those that were there. */
  async function refuses(args: readonly string[], says: readonly string[], code?: number): Promise<void> {
    const before = await lab.near.tunnels()
    await expectRefusal(lab.near.qanat(...args), says, code)
    expect(await lab.near.tunnels()).toEqual(before)
  }

  /** The same in a mount namespace of its own, after a command that changes a mount. */
  async function refusesAfter(
    mount: string,
    args: readonly string[],
    says: readonly string[],
  ): Promise<void> {
    const script = `mount ${mount} && exec "$@"`
    await expectRefusal(lab.near.start('sh', ['-c', script, 'sh', process.execPath, QANAT, ...args]), says)
    expect(await lab.near.tunnels()).toEqual([])
  }

  it('has its port taken, for an end that waits', async () => {
    await lab.near.qanat(...ENDS).line('listening')
    await refuses(OTHERS, ['1337', 'in use', '--listen'])
  })

  it('has its port taken, for an end that calls, which it tells and waits for', async () => {
    const holder = lab.near.qanat(...ENDS)
    await holder.line('listening')
    const tunnel = lab.near.qanat('-p', lab.far.ipv4, ...OTHERS)
    await tunnel.line('port 1337 is in use; choose another one with --listen, or 0 for any')
    holder.kill('SIGTERM')
    await tunnel.line(REACHED)
  })

  it('has another tunnel to the same address', async () => {
    await lab.near.qanat(...ENDS).line('listening')
    await refuses(ENDS, [`${FAR}/32`, 'tun0', 'use another address'])
  })

  it('has not the address to listen on', async () => {
    // The network may give it the address later: trying again helps, which the exit code says.
    await refuses([...ENDS, '--listen', '192.0.2.1:1337'], ['192.0.2.1', 'no address of this host'], FAILED)
  })

  it('knows no such host, which it tells and waits for', async () => {
    const script = `mount --bind ${fixture('nsswitch.conf')} /etc/nsswitch.conf && exec "$@"`
    const args = ['-p', 'nowhere.invalid', '--log-level', 'debug', ...ENDS]
    const tunnel = lab.near.start('sh', ['-c', script, 'sh', process.execPath, QANAT, ...args])
    await tunnel.line('Cannot resolve nowhere.invalid: no such host')
    const asks = /"waitingFor":"name"/ // the sentence itself is told once a minute
    await eventually('it tried twice', () => tunnel.stderr.filter((line) => asks.test(line)).length > 1)
    tunnel.kill('SIGTERM')
    expect(await tunnel.ending()).toEqual({ code: 0, signal: null })
    expect(await lab.near.tunnels()).toEqual([])
  })

  for (const [driver, needs] of DRIVERS) {
    describeWhere(needs, `with the driver ${driver}`, () => {
      const ends = [...ENDS, '--tun-driver', driver]

      it('has an interface of that name', async () => {
        await refuses([...ends, '--tun', 'wire'], ["'wire'", 'in use'])
      })

      it('takes no name that long', async () => {
        await refuses([...ends, '--tun', 'sixteen-letters-'], ["'sixteen-letters-'", "'--tun'", '1 to 15'])
      })

      it('does not let it make interfaces', async () => {
        const drop = ['--bounding-set=-all', '--inh-caps=-all', process.execPath, QANAT]
        await expectRefusal(lab.near.start('setpriv', [...drop, ...ends]), [
          'permission denied',
          'root',
          'CAP_NET_ADMIN',
        ])
        expect(await lab.near.tunnels()).toEqual([])
      })

      it('has no /dev/net/tun', async () => {
        await refusesAfter('-t tmpfs none /dev/net', ends, ['/dev/net/tun', 'not there', 'modprobe tun'])
      })
    })
  }

  const withoutIp = `--bind /dev/null ${realpathSync('/sbin/ip')}`

  describeWhere(['the package tuntap2', 'program busybox'], 'with the driver tuntap2', () => {
    it("has only busybox's ip", async () => {
      const busybox = `--bind $(command -v busybox) ${realpathSync('/sbin/ip')}`
      const ends = [...ENDS, '--tun-driver', 'tuntap2']
      await refusesAfter(busybox, ends, ["'ip' is busybox's", 'install iproute2'])
    })

    it("has no program 'ip'", async () => {
      const ends = [...ENDS, '--tun-driver', 'tuntap2']
      await refusesAfter(withoutIp, ends, ["'ip' is missing", 'install iproute2'])
    })
  })

  describeWhere(['koffi'], 'with koffi', () => {
    it("has no program 'ip', which nothing needs", async () => {
      const script = `mount ${withoutIp} && exec "$@"`
      const tunnel = lab.near.start('sh', ['-c', script, 'sh', process.execPath, QANAT, ...ENDS])
      await tunnel.line('TUN device is up')
      tunnel.kill('SIGTERM')
      expect(await tunnel.ending()).toEqual({ code: 0, signal: null })
    })
  })
})

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping'], 'the key', () => {
  let lab: Lab
  let folder: string
  beforeAll(() => {
    lab = new Lab()
    folder = temporaryFolder()
  })
  afterAll(() => lab.remove())

  it('comes from a file, or from the variable QANAT_KEY, and is in no line of the log', async () => {
    const file = join(folder, 'key')
    writeFileSync(file, '5EC4E7\n', { mode: 0o600 })
    const xor = ['--cipher', 'xor', '--log-level', 'debug']
    const near = lab.near.qanat('-p', lab.far.ipv4, NEAR, FAR, ...xor, '--key-file', file)
    const far = lab.far.start(process.execPath, [QANAT, '-p', lab.near.ipv4, FAR, NEAR, ...xor], {
      env: { ...process.env, QANAT_KEY: '5ec4e7' },
    })
    await Promise.all([near.line(REACHED), far.line(REACHED)])
    expect(await lossOf(lab.near, FAR)).toBe('0%')
    for (const { stderr } of [near, far]) expect(stderr.join('\n')).not.toMatch(/5ec4e7/i)
  })
})
