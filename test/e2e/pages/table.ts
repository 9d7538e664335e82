import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PageSetup } from '../../support/pages/run-page.js'
import { RECIPES } from './recipes.js'

const ROT13 = join(import.meta.dirname, '../../../plugins/rot13-cipher/index.js')
const SERVER = ['vpn.example.org']
/** Has the installed package among those of the folder. */
const LINKED = 'ln -s "$(npm root --global)/qanat" node_modules/qanat'

/** What each page with commands takes for granted. */
export const PAGES: Readonly<Record<string, PageSetup>> = {
  ...Object.fromEntries(Object.entries(RECIPES).map(([name, setup]) => [`docs/recipes/${name}.md`, setup])),
  'README.md': {
    hosts: { server: SERVER, client: [] },
    stands: { HOST: 'vpn.example.org' },
    begin: async (lab) => lab.write('wg0.conf', WG_QUICK),
    steps: [{ at: 'qanat init', answers: ['vpn.example.org', '', '', '', ''] }],
  },
  'docs/configuration.md': {
    hosts: { server: SERVER },
    steps: [
      { at: 'qanat init', answers: ['vpn.example.org', '', '', '', ''] },
      { at: 'qanat check server.toml' },
      { at: 'qanat check server.toml', before: async (lab) => lab.write('server.toml', WITH_MISTAKES) },
    ],
  },
  'docs/full-tunnel.md': {
    hosts: { laptop: [] },
    stands: { '192.168.1.0/24': '10.9.0.0/24', '192.168.1.7': '10.9.0.1', eth0: 'wire' },
  },
  'docs/kit.md': {
    hosts: { author: [] },
    // The registry has no Qanat.
    stands: { 'npm install': `mkdir node_modules && ${LINKED}`, 'npx qanat': 'qanat' },
  },
  'docs/namespaces.md': {
    hosts: { laptop: [], server: SERVER },
    stands: { 'https://example.org': 'http://10.20.0.1' },
    begin: async (lab) => {
      lab.write('server.toml', SERVER_OF_PAGES)
      await lab.prepare('laptop', 'useradd --system qanat')
      await lab.prepare(
        'server',
        'qanat up server.toml --detach',
        'python3 -m http.server 80 > /dev/null 2>&1 &',
      )
    },
  },
  'docs/plugins.md': {
    hosts: { server: [] },
    begin: async (lab) => {
      lab.write('rot13.js', readFileSync(ROT13, 'utf8'))
      lab.write('package.json', '{ "type": "module" }')
      await lab.prepare('server', `mkdir node_modules && ${LINKED}`)
    },
  },
  'docs/service.md': {
    hosts: { server: SERVER },
    begin: (lab) => lab.prepare('server', 'qanat init --host vpn.example.org', 'useradd --system anna'),
    steps: [{ at: 'install -o qanat', before: (lab) => lab.prepare('server', 'cd /root/vpn') }],
  },
  'docs/wireguard-tools.md': {
    hosts: { server: SERVER, laptop: [] },
    cwd: '/etc/wireguard',
    stands: { '192.0.2.7': '10.9.0.2' },
    begin: async (lab) => {
      lab.write(
        'wg0.toml',
        SERVER_OF_PAGES.replaceAll('10.20.0', '10.0.0').replace('[[peer]]', 'name = "wg0"\n$&'),
      )
      lab.write('wg0.conf', WG_QUICK.replaceAll('10.99.0', '10.0.0').replace('51821', '51820'))
      await lab.prepare('server', 'qanat up wg0.toml --detach')
      await lab.prepare('laptop', 'qanat up wg0.conf --detach', 'timeout 20 ping -c 1 -W 20 10.0.0.1')
    },
    steps: [
      {
        at: 'sudo WG_QUICK',
        before: (lab) => lab.prepare('laptop', 'qanat down wg0.conf'),
        after: (lab) => lab.prepare('laptop', 'timeout 20 ping -c 1 -W 20 10.0.0.1', 'wg-quick down wg0'),
      },
    ],
  },
  'docs/running.md': {
    hosts: { server: SERVER, client: [] },
    cwd: '/etc/qanat',
    stands: { '192.0.2.7': '10.9.0.2', 'jq -c': 'jq --unbuffered -c' },
    begin: (lab) =>
      lab.prepare(
        'server',
        'qanat init --host vpn.example.org --network 10.0.0.0/24 --client laptop',
        'mv laptop.toml client.toml',
        'qanat add-client phone --config server.toml -o phone.toml',
        'qanat up server.toml --detach',
      ),
    steps: [
      { at: 'sudo usermod', before: (lab) => lab.prepare('server', 'useradd --system anna') },
      {
        at: 'qanat reload server.toml',
        before: (lab) =>
          lab.prepare(
            'server',
            'qanat up server.toml --detach',
            'cp server.toml right.toml',
            "sed -i 's/^listen/lissen/' server.toml",
          ),
        after: (lab) => lab.prepare('server', 'cp right.toml server.toml'),
      },
      {
        at: 'qanat status',
        before: (lab) => lab.prepare('client', 'until ping -c 1 -W 1 10.0.0.1; do :; done'),
      },
      {
        at: 'qanat status',
        before: (lab) =>
          lab.prepare(
            'client',
            'qanat down client.toml',
            `sed -i -e 's/^allowed-ips.*/allowed-ips = ["0.0.0.0\\/0"]/' -e 's/^address.*/&\\nkill-switch = true/' client.toml`,
            'qanat up client.toml --detach',
            'kill -9 $(qanat status --json | jq .tunnels[0].pid)',
          ),
        after: (lab) =>
          lab.prepare(
            'client',
            'qanat down client.toml',
            "sed -i 's/^listen.*//; s/vpn.example.org:[0-9]*/vpn.example.org:9/g' client.toml",
          ),
      },
    ],
  },
  'docs/server.md': {
    hosts: { server: SERVER, laptop: [] },
    stands: { 'seq 20': 'seq 2' },
  },
  'docs/transports.md': {
    hosts: { server: SERVER, client: [] },
    begin: (lab) => lab.prepare('server', 'qanat genpsk -o key'),
    steps: [
      {
        at: 'qanat pin server.crt',
        interrupts: true,
        before: (lab) =>
          lab.prepare(
            'server',
            'qanat init --host vpn.example.org --only-443',
            'qanat up server.toml --detach',
          ),
      },
    ],
  },
}

/** The server of the pages, whose keys are the same everywhere. */
const SERVER_OF_PAGES = `[interface]
private-key = "+HdXLqupxi1daUgEW0AmxfHlkO8HdmDllymAMJnwbUg="
address = ["10.20.0.1/24"]
listen = ["udp://[::]:51820"]
[[peer]]
public-key = "aWDh1QUAqSMulY+IIJoIiSr+FUWky91Oy8DRhJHcYgE="
allowed-ips = ["10.20.0.2/32"]
`

const WG_QUICK = `[Interface]
PrivateKey = +O9cnWqseXk/11EaR3J7SpoltXxgLHE2tCZT1pegmm0=
Address = 10.99.0.2/32
[Peer]
PublicKey = 3kr1ARYHEsSwImrZ3RKvGGLRsQ3RlQCaNrp3wyn8STg=
AllowedIPs = 10.99.0.0/24
Endpoint = vpn.example.org:51821
`

const WITH_MISTAKES = `[interface]
private-key = "+HdXLqupxi1daUgEW0AmxfHlkO8HdmDllymAMJnwbUg="
listen = ["udp://[::]:51820"]
adress = ["10.20.0.1/24"]
mtu = 100
`
