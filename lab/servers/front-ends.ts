import { mkdirSync } from 'node:fs'
import type { LabHost } from '../lab.js'
import { nginxArguments } from './nginx-arguments.js'
import { freePort, type Server, ServerFolder, startServer } from './server.js'

/** Web servers, balancers and caches that stand before a server, each as its package has it but for what it forwards to. */
export const FRONT_ENDS = ['nginx', 'haproxy', 'caddy', 'apache2', 'varnishd', 'squid'] as const
export type FrontEnd = (typeof FRONT_ENDS)[number]

/**
 * What a front end does besides forwarding plain HTTP: it passes Upgrade as well, as its manual has it done; or it keeps each answer
 * until it has ended, which nginx alone can be told to.
 */
export type Manner = 'upgrades' | 'keeps'

/** What a front end is told. */
interface Place {
  readonly folder: ServerFolder
  /** Where it listens. */
  readonly host: string
  readonly port: number
  /** The port of the server behind it, on the same loopback. */
  readonly behind: number
  readonly manner?: Manner | undefined
}

/** Starts a front end on a host of a lab. It forwards plain HTTP, and by default knows nothing of WebSockets unless it always does. */
export async function startFrontEnd(
  program: FrontEnd,
  behind: number,
  host: LabHost,
  manner?: Manner,
): Promise<Server> {
  const place = { folder: new ServerFolder(), host: host.ipv4, port: await freePort(), behind, manner }
  return startServer(program, ARGUMENTS[program](place), place.port, host)
}

/** What nginx is told besides where to forward to. */
const NGINX_LINES: Readonly<Record<Manner, string>> = {
  upgrades:
    'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;',
  keeps: 'proxy_ignore_headers X-Accel-Buffering;',
}

const ARGUMENTS: Readonly<Record<FrontEnd, (place: Place) => string[]>> = {
  nginx({ folder, host, port, behind, manner }) {
    const lines = manner === undefined ? '' : NGINX_LINES[manner]
    return nginxArguments(
      folder,
      `listen ${host}:${port}; location / { proxy_pass http://127.0.0.1:${behind}; ${lines} }`,
    )
  },
  haproxy({ folder, host, port, behind }) {
    const config = `
defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
frontend outside
  bind ${host}:${port}
  default_backend inside
backend inside
  server one 127.0.0.1:${behind}
`
    return ['-db', '-f', folder.write('haproxy.cfg', config)]
  },
  caddy({ folder, host, port, behind }) {
    const config = `
{
  admin off
  auto_https off
  storage file_system ${folder.path}
}
http://${host}:${port} {
  reverse_proxy 127.0.0.1:${behind}
}
`
    return ['run', '--adapter', 'caddyfile', '--config', folder.write('Caddyfile', config)]
  },
  apache2({ folder, host, port, behind, manner }) {
    const modules = ['mpm_event', 'proxy', 'proxy_http', 'authz_core']
      .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
      .join('\n')
    const config = `
${modules}
ServerName qanat.test
PidFile ${folder.path}/pid
ErrorLog ${folder.path}/error.log
DefaultRuntimeDir ${folder.path}
Listen ${host}:${port}
ProxyPass / http://127.0.0.1:${behind}/${manner === 'upgrades' ? ' upgrade=websocket' : ''}
`
    return ['-X', '-f', folder.write('apache2.conf', config)]
  },
  varnishd({ folder, host, port, behind, manner }) {
    const pipe = `
vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${behind}"; }
sub vcl_recv { if (req.http.upgrade) { return (pipe); } }
sub vcl_pipe { set bereq.http.upgrade = req.http.upgrade; set bereq.http.connection = req.http.connection; }
`
    const leads =
      manner === 'upgrades' ? ['-f', folder.write('pipe.vcl', pipe)] : ['-b', `127.0.0.1:${behind}`]
    const work = `${folder.path}/work`
    mkdirSync(work, { mode: 0o777 })
    return ['-F', '-j', 'none', '-n', work, '-a', `${host}:${port}`, ...leads, '-s', 'malloc,8m']
  },
  squid({ folder, host, port, behind, manner }) {
    const config = `
http_port ${host}:${port} accel defaultsite=${host} no-vhost
cache_peer 127.0.0.1 parent ${behind} 0 no-query originserver name=behind
visible_hostname qanat-test
pid_filename none
cache_log ${folder.path}/cache.log
access_log none
cache deny all
cache_mem 8 MB
max_filedescriptors 1024
pinger_enable off
shutdown_lifetime 0 seconds
http_access allow all
cache_peer_access behind allow all
never_direct allow all
${manner === 'upgrades' ? 'http_upgrade_request_protocols websocket allow all' : ''}
`
    return ['-N', '-n', `qanat${port}`, '-f', folder.write('squid.conf', config)]
  },
}
