import * as v from 'valibot'
import { DEVICE_MTU, KEEPALIVE, MAX_PACKET_HOOKS, MTU } from '../../core/api/config.js'
import { DEFAULT_LOG_LEVEL, LOG_FORMATS, LOG_LEVELS } from '../../core/api/logger.js'
import { MAX_PUSHED, MOST_PUSHED_ROUTES, SETTING_KINDS } from '../../core/settings/client-settings.js'
import { MAX_EXCLUDED } from '../../core/settings/excluded-ranges.js'
import { CHOICES, DEFAULT_CHOICE } from '../../core/settings/group-settings.js'
import { HOOK_TIMEOUT, MARK } from '../../core/settings/host-settings.js'
import { LOGIN_BROWSER } from '../../core/settings/login.js'
import type { NumberSetting } from '../../core/settings/number-setting.js'
import {
  CLIENT_ADDRESS_HEADERS,
  MAX_FURTHER_PAIRS,
  STREAM_SETTINGS,
  WEBSOCKET_SETTINGS,
} from '../../core/settings/option-groups.js'
import { PROXY_AUTHS } from '../../core/settings/transport-settings.js'
import { PRIVATE_KEY_CIPHER, SHARED_KEY_CIPHER } from './default-cipher.js'
import * as value from './values.js'

/** A key that may be left out. */
function key<Schema extends v.GenericSchema>(schema: Schema, description: string) {
  return v.exactOptional(v.pipe(schema, v.description(description)))
}

/** A whole number that may be left out. */
function number(setting: NumberSetting, description: string, unit?: string) {
  return key(value.whole(setting, unit), `${description}. Default: ${setting.default}`)
}

/** Commands that belong to a moment. */
function hooks(when: string) {
  const commands = value.list(value.command(), '["echo %i"]')
  return key(commands, `Commands for the shell ${when}; %i is the device, each has ${HOOK_TIMEOUT / 1_000} s`)
}

/** The table [interface]: this end of the tunnel. */
export const interfaceKeys = {
  name: key(value.interfaceName(), "The TUN device's name. Default: the file's name without its ending"),
  cipher: key(
    value.partName(),
    `How packets are sealed. Default: ${PRIVATE_KEY_CIPHER} with a private key, ${SHARED_KEY_CIPHER} with a shared key`,
  ),
  'private-key': key(value.key(), 'WireGuard: the own private key, see "qanat genkey"'),
  'private-key-file': key(value.path(), "WireGuard: file with this end's private key"),
  key: key(value.sharedKey(), 'The key that two ends share, see "qanat genpsk"; for the other ciphers'),
  'key-file': key(value.path(), 'The file that holds the key that two ends share'),
  namespace: key(
    value.namespaceName(),
    'The network namespace in which device, addresses, routes, name servers and hooks are; what carries the tunnel stays where Qanat runs. Default: there, too',
  ),
  address: key(
    value.list(value.addressWithBits(), '["10.0.0.1/24", "fd00::1/64"]'),
    'The inner addresses of this end, with the bits of their networks',
  ),
  listen: key(
    value.list(value.listenEndpoint(), '["udp://[::]:51820", "tcp://[::]:51820"]'),
    'Where this end listens. Default: nowhere; WireGuard takes a UDP port that is free',
  ),
  mtu: key(
    value.whole(DEVICE_MTU),
    `Bytes of the largest packet inside the tunnel; at least ${MTU.min} with IPv6. Default: what the routes to the peers carry, at most ${MTU.default}`,
  ),
  table: key(
    value.routingTable(),
    'The routing table for what peers own; "off" leaves all routes to you. Default: "auto", the main table, and one of its own for a peer that owns all',
  ),
  fwmark: key(
    value.whole(MARK),
    'The mark of all that carries the tunnel, for routing rules; 0 means none. Default: none, or a free one where it is needed',
  ),
  'kill-switch': key(
    value.toggle(),
    'Whether nothing leaves the host but by the tunnel, from before it connects to its orderly end. Default: false',
  ),
  'allow-lan': key(
    value.toggle(),
    'Whether a kill switch lets private networks pass that the host is connected to, and what they are searched by. Default: false',
  ),
  'answer-inbound': key(
    value.toggle(),
    'Whether answers to connections that others begin with this host, beside the tunnel, leave the way they came. Default: true, but false with a kill switch',
  ),
  'underlay-routes': key(
    value.oneOf(['keep', 'none']),
    'Whether a full tunnel leaves networks beside it reachable: private ones that the host is connected to, and what its administrator routes; not what DHCP or routers advertise. Default: "keep"',
  ),
  exclude: key(
    value.shortList(value.prefix(), MAX_EXCLUDED, '["192.0.2.0/24", "2001:db8::/32"]'),
    'Ranges that stay outside the tunnel, and that a kill switch lets pass. As everywhere, the longest range wins. Default: none',
  ),
  dns: key(
    value.list(value.nameServer(), '["10.0.0.1", "example.org"]'),
    'Name servers that the host asks while the tunnel runs, and domains to search in. Default: as before',
  ),
  'dns-domains': key(
    value.list(value.domain(), '["corp.example.org"]'),
    'The only names that the name servers of the tunnel are asked for: these, and what is below; needs systemd-resolved. Default: all',
  ),
  forward: key(
    value.toggle(),
    'Whether the host forwards between the tunnel and its other networks. Default: as it is',
  ),
  nat: key(
    value.toggle(),
    "Whether what the tunnel sends to other networks bears this host's address; implies forward. Default: false",
  ),
  'pre-up': hooks('once the device is there, before it has addresses'),
  'post-up': hooks('once the tunnel runs'),
  'pre-down': hooks('before the tunnel ends'),
  'post-down': hooks('once the device is gone and the host is restored'),
  login: key(value.toggle(), 'Whether "qanat login" may open a page past the tunnel. Default: false'),
  'login-browser': key(value.program(), `What opens that page. Default: "${LOGIN_BROWSER}"`),
  'portal-probe': key(
    value.portalProbe(),
    'What is asked, while dials fail, to tell whether a login page of the network is in the way. Default: nothing',
  ),
  'tun-driver': key(
    value.partName(),
    'How the TUN device is opened. Default: linux, or tuntap2 without koffi',
  ),
  rehearsal: key(
    value.toggle(),
    'Whether made-up packets, which stay within the process, run through its code before real ones come: the first second is faster then. Default: true',
  ),
  user: key(
    value.user(),
    'Once the tunnel is up, Qanat runs as this user, who may change networks and nothing else. Default: the user that started it',
  ),
  'control-group': key(
    value.group(),
    'Members of this group may use "qanat status", "reload" and "down" on this tunnel without sudo, and nothing else. Default: root alone',
  ),
  plugins: key(value.list(value.plugin(), '["./my-cipher.js"]'), 'Modules that bring further parts'),
  hooks: key(
    value.shortList(value.partName(), MAX_PACKET_HOOKS, '["packets-filter"]'),
    'Packet hooks of plugins: what leaves passes them in this order, what comes in the other way round. Default: none',
  ),
}

/** What is pushed to clients. */
const pushedRoutes = () =>
  value.shortList(value.prefix(), MOST_PUSHED_ROUTES, '["192.168.7.0/24", "fd07::/64"]')
const pushedDns = () =>
  value.shortList(
    value.pushedName(),
    MAX_PUSHED.nameServers + MAX_PUSHED.searchDomains,
    '["10.0.0.1", "example.org"]',
  )

/** The tables [[peer]]: who is at the far ends. */
export const peerKeys = {
  name: key(value.peerName(), 'What you call the peer. Each name is there once'),
  'public-key': key(value.key(), "WireGuard: the peer's public key. Each key is there once"),
  'preshared-key': key(value.key(), 'WireGuard: a key shared with this peer alone, see "qanat genpsk"'),
  'preshared-key-file': key(value.path(), 'WireGuard: file with the preshared key'),
  'allowed-ips': key(
    value.list(value.prefix(), '["10.0.0.2/32", "fd00::2/128"]'),
    'The inner addresses that the peer owns; the longest range wins. Default: none with WireGuard, else all',
  ),
  endpoints: key(
    value.list(value.endpoint(), '["udp://vpn.example.org:51820", "tcp://vpn.example.org:443"]'),
    'Where the peer is reached, the best first. Default: nowhere, this end waits for the peer',
  ),
  group: key(
    value.peerName(),
    'The group that the peer is a member of: one member at a time owns what they all have in allowed-ips, and another one does if it fails. Default: none',
  ),
  choose: key(
    value.oneOf(CHOICES),
    `Which member of its group is preferred: "order", the first in the file; "nearest", by round trip; "spread", so that clients spread evenly. Default: "${DEFAULT_CHOICE}"`,
  ),
  'shared-identity': key(
    value.toggle(),
    'Whether each of its endpoints may lead to another process with the same key. Default: false',
  ),
  keepalive: number(
    KEEPALIVE,
    'WireGuard: seconds after which something is sent for a NAT to remember; 0 means never',
    'whole seconds',
  ),
  proxy: key(
    value.proxy(),
    'The proxy for connections to this peer, by all but udp. Default: from HTTPS_PROXY or ALL_PROXY',
  ),
  'proxy-auth': key(
    value.oneOf(PROXY_AUTHS),
    'How to log in at HTTP proxies: "any" is by Digest, or by Basic if nothing better is offered; "basic" tells the password at once. Default: "any"',
  ),
  'proxy-headers': key(
    value.list(value.proxyHeader(), '["User-Agent: Mozilla/5.0"]'),
    'Headers that HTTP proxies are sent. Default: a User-Agent',
  ),
  accept: key(
    value.list(value.oneOf(SETTING_KINDS), '["addresses", "routes", "dns", "mtu"]'),
    'What this end accepts of the settings that the peer pushes, within allowed-ips. Default: nothing',
  ),
  'push-routes': key(pushedRoutes(), 'Further networks pushed to this peer, in place of those of [server]'),
  'push-dns': key(pushedDns(), 'Name servers and domains for this peer, in place of those of [server]'),
  'push-mtu': key(value.whole(MTU), 'Bytes: the MTU pushed to this peer, not that of [server]'),
  expires: key(value.moment(), 'When the peer is refused from. Default: never'),
  disabled: key(value.toggle(), 'Whether the peer is refused; its addresses stay its own. Default: false'),
}

const serverKeys = {
  endpoints: key(
    value.list(value.endpoint(), '["udp://vpn.example.org:51820"]'),
    'Where clients reach this server, the best first; "qanat add-client" writes it into their files',
  ),
  'push-routes': key(
    pushedRoutes(),
    'Networks beyond this end\'s own that clients reach by it; pushed to those that accept "routes"',
  ),
  'push-dns': key(
    pushedDns(),
    'Name servers, and domains to search in; pushed to clients that accept "dns". Default: none',
  ),
  'push-mtu': key(value.whole(MTU), 'Bytes: the MTU pushed to clients that accept "mtu". Default: none'),
  'isolate-clients': key(
    value.toggle(),
    'Whether peers are kept apart: what one sends to another is dropped. Default: false',
  ),
}

const tlsKeys = {
  'cert-file': key(
    value.path(),
    "This end's certificate (PEM) with its chain: a server of wss:// or https:// needs it",
  ),
  'key-file': key(value.path(), "The private key of this end's certificate (PEM)"),
  'key-passphrase-file': key(value.path(), 'The file that holds the passphrase of that private key'),
  'further-cert-files': key(
    value.shortList(value.path(), MAX_FURTHER_PAIRS, '["/etc/ssl/vpn.example.net.pem"]'),
    'Certificates (PEM) of further names of this server: a client is shown the first that has the name that it asks for, and cert-file if none has',
  ),
  'further-key-files': key(
    value.shortList(value.path(), MAX_FURTHER_PAIRS, '["/etc/ssl/vpn.example.net.key"]'),
    'Their private keys (PEM), as many and in the same order',
  ),
  'ca-file': key(
    value.path(),
    'CA certificates (PEM) to check the far end\'s certificate against; "system": those of this system. Default: those of Node',
  ),
  pin: key(value.pin(), "The SHA-256 of the only public key accepted in the far end's certificate"),
  'server-name': key(
    value.hostName(),
    "The name to request (SNI) and to expect in the certificate. Default: the endpoint's host",
  ),
  'proxy-ca-file': key(value.path(), 'The same to check an https:// proxy against'),
}

const webSocketKeys = {
  headers: key(
    value.list(value.header(), '["Host: example.org"]'),
    'Headers that a client sends with its request',
  ),
  'trusted-proxies': key(
    value.list(value.prefix(), '["10.0.0.0/8"]'),
    'Reverse proxies before this server, which name the client in a header. Default: none',
  ),
  'client-address-header': key(
    value.oneOf(CLIENT_ADDRESS_HEADERS),
    'The header by which they do; no other one is read. Default: "x-forwarded-for"',
  ),
  'document-root': key(
    value.path(),
    'A folder of files to serve to visitors that do not ask for the tunnel. Default: a 404 page',
  ),
  'max-message': key(
    value.whole(WEBSOCKET_SETTINGS.maxMessage),
    'Bytes of the largest message, if gateways bound them. Default: found out for each endpoint',
  ),
  'http-fallback': key(
    value.toggle(),
    'Whether posts are tried if something strips or refuses the upgrade to WebSocket. Default: false',
  ),
}

const streamKeys = {
  'send-queue': number(
    STREAM_SETTINGS.sendQueue,
    "Bytes that may wait for a slow carrier, beyond the socket's own",
  ),
  'max-unauthenticated': number(
    STREAM_SETTINGS.maxUnauthenticated,
    'Unauthenticated connections in all; beyond it the oldest is closed',
  ),
  'max-unauthenticated-per-address': number(
    STREAM_SETTINGS.maxUnauthenticatedPerAddress,
    'Those of one address, or /64 with IPv6; beyond it the oldest is closed if it had 2 s, else the newest',
  ),
  'unauthenticated-timeout': number(
    STREAM_SETTINGS.unauthenticatedTimeout,
    'Milliseconds that a connection has to authenticate',
  ),
}

const logKeys = {
  level: key(value.oneOf(LOG_LEVELS), `Minimum level of log lines. Default: "${DEFAULT_LOG_LEVEL}"`),
  format: key(
    value.oneOf(LOG_FORMATS),
    `Format of log lines. Default: "journal" if standard error is systemd's journal, else "text"`,
  ),
}

const table = <Entries extends v.ObjectEntries>(entries: Entries, description: string) =>
  v.pipe(v.strictObject(entries, 'a table'), v.description(description))

const OPTIONS_OF_PLUGIN = 'a table with options of the plugin, see "qanat plugins NAME"'

/** The whole of a file with these keys in its table [interface]. */
export function fileSchemaOf<Entries extends v.ObjectEntries>(own: Entries) {
  return v.strictObject(
    {
      interface: table(own, 'This end of the tunnel'),
      peer: v.exactOptional(
        v.pipe(
          v.array(table(peerKeys, 'A far end of the tunnel'), 'tables that begin with [[peer]]'),
          v.description('The far ends of the tunnel'),
        ),
      ),
      server: v.exactOptional(table(serverKeys, 'What this end is to its clients')),
      tls: v.exactOptional(table(tlsKeys, 'Certificates of wss:// and https://')),
      websocket: v.exactOptional(
        table(webSocketKeys, 'What is special to web servers: ws, wss, http and https'),
      ),
      streams: v.exactOptional(table(streamKeys, 'Limits of connections: all but udp')),
      plugin: v.exactOptional(
        v.pipe(
          v.record(
            value.partName(),
            v.record(v.string(), value.pluginOption(), OPTIONS_OF_PLUGIN),
            'tables such as [plugin.NAME]',
          ),
          v.description('Options of plugins, a table for each'),
        ),
      ),
      log: v.exactOptional(table(logKeys, 'What is written to standard error')),
    },
    'tables such as [interface] and [[peer]]',
  )
}

/** What a TOML file may hold. */
export const fileSchema = fileSchemaOf(interfaceKeys)
