import { TestAuthority } from '../../../lab/certificates.js'
import type { PageLab } from '../../support/pages/page-lab.js'
import type { PageSetup } from '../../support/pages/run-page.js'
import { startSquid } from '../servers/squid.js'
import { startTinyproxy } from '../servers/tinyproxy.js'

const SERVER = ['vpn.example.org']
const SERVER_AND_LAPTOP = { server: SERVER, laptop: [] }
/** A server's file and a laptop's, with the server inside at INSIDE. */
const INIT = 'qanat init --host vpn.example.org --network 10.20.0.0/24 --client laptop'
const INSIDE = '10.20.0.1'
const UP = 'qanat up server.toml --detach'
const LAPTOP_UP = 'qanat up laptop.toml --detach'
/** Files of a server in /etc/qanat, and that of a laptop where commands are typed. */
const IN_ETC = `mkdir -m 700 /etc/qanat; (cd /etc/qanat; ${INIT}; mv laptop.toml /root/vpn); qanat up server --detach`
const LOGIN = { user: 'anna', password: 'secret' }

/** What a recipe takes for granted, by its name. */
export const RECIPES: Readonly<Record<string, PageSetup>> = {
  backup: {
    hosts: { server: SERVER },
    begin: (lab) => lab.prepare('server', IN_ETC),
    steps: [{ at: 'sudo tar -C /etc -xzpf', before: (lab) => lab.prepare('server', 'rm -r /etc/qanat') }],
  },
  cafe: {
    hosts: SERVER_AND_LAPTOP,
    begin: (lab) => only(lab, 'meta l4proto { tcp, udp } th dport != { 80, 443 } drop'),
  },
  certificates: {
    hosts: { server: SERVER },
    begin: (lab) => lab.prepare('server', 'qanat init --host vpn.example.org --only-443'),
  },
  'corporate-proxy': {
    hosts: { ...SERVER_AND_LAPTOP, proxy: ['proxy.office.example'] },
    stands: { 'USER:PASSWORD': `${LOGIN.user}:${LOGIN.password}`, NTLMv2: 'NTLM' }, // all that squid's helper for tests knows
    begin: async (lab) => {
      const proxy = lab.host('proxy')
      await only(lab, `meta l4proto { tcp, udp } ip daddr != { 127.0.0.0/8, ${proxy.ipv4} } drop`)
      await startTinyproxy(LOGIN.user, LOGIN.password, { host: proxy, port: 3128 })
      await startSquid({ login: 'ntlm', host: proxy, port: 3129 })
      await lab.prepare('server', 'qanat init --host vpn.example.org --only-443', UP)
    },
  },
  keys: {
    hosts: SERVER_AND_LAPTOP,
    begin: async (lab) => {
      await lab.prepare('server', INIT, UP)
      await lab.prepare('laptop', LAPTOP_UP)
    },
    steps: [
      { at: 'sudo qanat up laptop.toml', after: reachesServer },
      { at: 'sudo qanat status laptop.toml', after: reachesServer },
    ],
  },
  'move-server': {
    hosts: { old: SERVER, new: [], laptop: [] },
    stands: { '198\\.51\\.100\\.7': 'vpn.example.org', '203.0.113.9': '10.9.0.2' },
    begin: async (lab) => {
      await lab.prepare('old', IN_ETC)
      await lab.prepare('laptop', LAPTOP_UP)
      await reachesServer(lab)
    },
    steps: [
      {
        at: 'sudo qanat up server',
        after: async (lab) => {
          await lab.prepare('laptop', "sed -i 's/10.9.0.1 .*/10.9.0.2 vpn.example.org/' /etc/hosts")
          await reachesServer(lab)
        },
      },
      { at: 'sudo qanat reload laptop.toml', after: reachesServer },
    ],
  },
  nginx: {
    hosts: SERVER_AND_LAPTOP,
    environment: { NODE_EXTRA_CA_CERTS: '/root/vpn/ca.pem' },
    begin: async (lab) => {
      const authority = new TestAuthority()
      const { cert, key } = authority.issue('vpn.example.org')
      lab.write('ca.pem', authority.ca)
      lab.write('site.crt', cert)
      lab.write('site.key', key)
      lab.write('site', NGINX_SITE)
      await lab.prepare(
        'server',
        'rm -rf /etc/nginx/sites-enabled/*; cp site /etc/nginx/sites-enabled/',
        'nginx',
      )
    },
  },
  phone: {
    hosts: { server: SERVER, phone: [] },
    begin: (lab) => lab.prepare('server', INIT, UP),
    steps: [
      {
        at: 'sudo qanat qr phone.conf',
        before: (lab) =>
          lab.prepare(
            'phone',
            'WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go wg-quick up ./phone.conf',
            answers(INSIDE),
          ),
      },
    ],
  },
  'site-to-site': {
    hosts: { server: SERVER, office: [] },
    begin: async (lab) => {
      await lab.prepare('server', network('192.168.1'))
      await lab.prepare('office', network('192.168.7'))
    },
    steps: [
      {
        at: 'sudo qanat status server.toml',
        after: async (lab) => {
          await lab.prepare('office', `ip netns exec lan ${answers('192.168.1.2')}`)
          await lab.prepare('server', `ip netns exec lan ${answers('192.168.7.2')}`)
        },
      },
    ],
  },
  upgrade: { hosts: { server: SERVER }, begin: (lab) => lab.prepare('server', IN_ETC) },
}

/** A web site with a tunnel beside its pages. */
const NGINX_SITE = `server {
  listen 443 ssl;
  server_name vpn.example.org;
  ssl_certificate /root/vpn/site.crt;
  ssl_certificate_key /root/vpn/site.key;
  include /root/vpn/tunnel.con[f];
}
`

/** Lets nothing out of the laptop but what a rule of nftables does not drop. */
function only(lab: PageLab, rule: string): Promise<void> {
  const chain = `chain out { type filter hook output priority 0; oifname "wire" ${rule}; };`
  return lab.prepare('laptop', `nft 'table inet network { ${chain} }'`)
}

/** A command that ends once an address answers. */
function answers(address: string): string {
  return `timeout 40 sh -c 'until ping -c 1 -W 1 ${address}; do :; done'`
}

function reachesServer(lab: PageLab): Promise<void> {
  return lab.prepare('laptop', answers(INSIDE))
}

/** A command that gives a router a network behind it, with the router as .1 and a host as .2. */
function network(prefix: string): string {
  return [
    'ip netns add lan',
    'ip link add lan type veth peer name eth0 netns lan',
    `ip address add ${prefix}.1/24 dev lan`,
    'ip link set lan up',
    `ip -n lan address add ${prefix}.2/24 dev eth0`,
    'ip -n lan link set eth0 up',
    `ip -n lan route add default via ${prefix}.1`,
  ].join(' && ')
}
