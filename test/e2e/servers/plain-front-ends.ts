import { mkdirSync } from 'node:fs'
import type { LabHost } from '../../../lab/lab.js'
import { nginxArguments } from './nginx.js'
import { freePort, type Server, ServerFolder, startServer } from './server.js'

/** Web servers, balancers and caches that stand before a server, each as its package has it but for what it forwards to. */
export const FRONT_ENDS = ['nginx', 'haproxy', 'caddy', 'apache2', 'varnishd', 'squid'] as const
export type FrontEnd = (typeof FRONT_ENDS)[number]

/** What a front end is told. */
interface Place {
  readonly folder: ServerFolder
  /** Where it listens. */
  readonly host: string
  readonly port: number
  /** The port of the server behind it, on the same loopback. */
  readonly behind: number
}

/** Starts a front end on a host of a lab. It forwards plain HTTP and knows nothing of WebSockets. */
export async function startFrontEnd(program: FrontEnd, behind: number, host: LabHost): Promise<Server> {
  const place = { folder: new ServerFolder(), host: host.ipv4, port: await freePort(), behind }
  return startServer(program, ARGUMENTS[program](place), place.port, host)
}

const ARGUMENTS: Readonly<Record<FrontEnd, (place: Place) => string[]>> = {
  nginx({ folder, host, port, behind }) {
    return nginxArguments(
      folder,
      `listen ${host}:${port}; location / { proxy_pass http://127.0.0.1:${behind}; }`,
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
  apache2({ folder, host, port, behind }) {
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
ProxyPass / http://127.0.0.1:${behind}/
`
    return ['-X', '-f', folder.write('apache2.conf', config)]
  },
  varnishd({ folder, host, port, behind }) {
    const work = `${folder.path}/work`
    mkdirSync(work, { mode: 0o777 })
    return [
      '-F',
      '-j',
      'none',
      '-n',
      work,
      '-a',
      `${host}:${port}`,
      '-b',
      `127.0.0.1:${behind}`,
      '-s',
      'malloc,8m',
    ]
  },
  squid({ folder, host, port, behind }) {
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
`
    return ['-N', '-n', `qanat${port}`, '-f', folder.write('squid.conf', config)]
  },
}
