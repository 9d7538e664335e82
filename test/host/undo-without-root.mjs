// Changes all that it can of the host that it runs on, gives up root but for CAP_NET_ADMIN, and puts it back. Prints
// as JSON what the host was like before, meanwhile and after.
import { execFileSync } from 'node:child_process'
import { systemClock } from '../../dist/src/core/time/system-clock.js'
import { HostChanges } from '../../dist/src/host/host-changes.js'
import { dropPrivileges } from '../../dist/src/native/process/drop-privileges.js'

const [journal] = process.argv.slice(2)
const DEVICE = 'q0'
const NOBODY = { uid: 65_534, gid: 65_534 }

const settings = {
  fullTunnel: { ipv4: true, ipv6: true },
  killSwitch: true,
  underlayRoutes: true,
  dns: { servers: ['10.0.0.1'], search: [] },
  hooks: { preUp: [], postUp: [], preDown: [], postDown: ['id -u'] },
  forward: true,
  nat: true,
}
const said = []
const log = {
  debug() {},
  info: (_text, { line } = {}) => line && said.push(line),
  warn: (...all) => said.push(all),
}
const ip = (...args) => execFileSync('ip', args)

const before = state()
const host = await HostChanges.prepare({
  ...{ settings, addresses: ['10.0.0.2', 'fd00::2'], journal, log },
  clock: systemClock,
  lookUp: async () => new Map(),
})
ip('tuntap', 'add', 'dev', DEVICE, 'mode', 'tun')
ip('link', 'set', DEVICE, 'up')
await host.deviceMade(DEVICE)
await host.deviceUp(DEVICE)
await host.tunnelUp(DEVICE)
const meanwhile = state()
dropPrivileges(NOBODY)
await host.tunnelEnds()
await host.deviceEnds()
ip('link', 'delete', DEVICE)
await host.restore(true)
process.stdout.write(JSON.stringify({ before, meanwhile, after: state(), said }))

function state() {
  const settings = 'sysctl -ar "^net.ipv[46].(conf.(all|default|lo)|ip_forward)" 2>/dev/null'
  const looks = ['ip -4 rule; ip -6 rule; nft list ruleset; cat /etc/resolv.conf', settings]
  return looks.map((line) => execFileSync('sh', ['-c', line], { encoding: 'utf8' }))
}
