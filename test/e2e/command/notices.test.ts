import { expect, it, onTestFinished } from 'vitest'
import { Program } from '../../../lab/program.js'
import { findNotifier } from '../../../src/cli/watch/notifier.js'
import { findProgram } from '../../../src/native/process/programs.js'
import { GROUP, groupFile } from '../../support/config/group-tunnel.js'
import { READABLE_QANAT, startBy } from '../../support/e2e/by-user.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const DESKTOP = 'test/fixtures/notices/desktop.py'
const PROGRAMS = ['notify-send', 'gdbus'] as const
/** Debian's nobody: a bus wants a user that the system knows. */
const USER = { uid: 65_534, groups: [GROUP] }
/** What a desktop or a program on the way to it may take for markup, an option, a command or an escape. */
const NASTY = `-h <b>"it's"</b> &amp; $(id) %s \\n \\x41 é ‮turned \u001b[31m\nsecond line`
const SHOWN = `-h &lt;b&gt;"it's"&lt;/b&gt; &amp;amp; $(id) %s \\n \\x41 é  turned  [31m\nsecond line`

type Start = (program: string, ...args: string[]) => Program

/** Starts a session bus and a desktop on it, and returns its address and what is told there. */
async function desktopBy(start: Start, script: string) {
  const bus = start('dbus-daemon', '--session', '--nofork', '--print-address')
  onTestFinished(() => bus.kill('SIGTERM'))
  const address = await bus.line('unix:', 'stdout')
  const desktop = start('env', `DBUS_SESSION_BUS_ADDRESS=${address}`, '/usr/bin/python3', script)
  onTestFinished(() => desktop.kill('SIGTERM'))
  await desktop.line('ready', 'stdout')
  return { address, desktop }
}

describeWhere(
  ['program dbus-daemon', 'program python3', ...PROGRAMS.map((name) => `program ${name}` as const)],
  'a notice on a desktop',
  () => {
    it('has names as they are, whatever they look like, by each program that shows it', async () => {
      const { address, desktop } = await desktopBy((program, ...args) => new Program(program, args), DESKTOP)
      const environment = { ...process.env, DBUS_SESSION_BUS_ADDRESS: address, LC_ALL: 'C' }
      for (const name of PROGRAMS) {
        const notify = findNotifier(environment, 1_000, (wanted) =>
          wanted === name ? findProgram(name) : undefined,
        )
        await notify({ title: name, body: NASTY })
        const told = JSON.parse(await desktop.line(`"title": "${name}"`, 'stdout'))
        expect(told).toEqual({ app: 'Qanat', icon: 'network-vpn', title: name, body: SHOWN })
      }
    })

    describeWhere(['root', 'koffi', '/dev/net/tun', 'program ip', 'program setpriv'], 'of a tunnel', () => {
      const lab = groupLab()

      it('comes from "qanat watch --notify" by a member of the control-group, until the tunnel ends', async () => {
        const file = groupFile('tcp://127.0.0.1:9')
        const tunnel = lab.near.qanat('up', file)
        await tunnel.line('TUN device is up')
        const start: Start = (...words) => startBy(USER, lab.near, words)
        const { address, desktop } = await desktopBy(start, `/mnt/${DESKTOP}`)
        const words = [process.execPath, READABLE_QANAT, 'watch', file, '--notify']
        const watch = start('env', `DBUS_SESSION_BUS_ADDRESS=${address}`, ...words)
        await watch.line('hub is not reached', 'stdout')
        expect(await desktop.line('VPN not connected', 'stdout')).toContain('hub is not reached')
        tunnel.kill('SIGTERM')
        await desktop.line('VPN ended', 'stdout')
        expect(await watch.ending()).toEqual({ code: 0, signal: null })
      })
    })
  },
)
