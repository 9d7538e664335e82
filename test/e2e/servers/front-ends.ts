import { nginxArguments } from '../../../lab/servers/nginx-arguments.js'
import { freePort, type Server, ServerFolder, startServer } from '../../../lab/servers/server.js'

/** Where a front end leads what it accepts: a port of loopback, or a Unix socket. */
export type Behind = number | string

/** Files of a certificate and its key. */
export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

/**
 * Starts nginx before a server of WebSockets.
 *
 * @param lines of its location besides those that it needs.
 * @param certificate If it is to take TLS off, and to choose HTTP/2 if that is offered.
 */
export async function startNginxBefore(
  behind: Behind,
  lines: readonly string[],
  certificate?: CertificateFiles,
): Promise<Server> {
  const folder = new ServerFolder()
  const port = await freePort()
  const args = nginxArguments(
    folder,
    `listen 127.0.0.1:${port}${certificate === undefined ? '' : ' ssl http2'};
    ${certificate === undefined ? '' : `ssl_certificate ${certificate.certFile}; ssl_certificate_key ${certificate.keyFile};`}
    location / {
      proxy_pass http://${typeof behind === 'string' ? `unix:${behind}:` : `127.0.0.1:${behind}`};
      proxy_set_header Host $host;
      ${lines.join(' ')}
    }`,
  )
  return startServer('nginx', args, port)
}

/** Starts HAProxy before a server. @param mode is tcp or http; @param server What its line says besides the address. */
export async function startHaproxy(behind: number, mode: 'tcp' | 'http', server: string): Promise<Server> {
  const folder = new ServerFolder()
  const port = await freePort()
  const config = `
defaults
  mode ${mode}
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
listen front
  bind 127.0.0.1:${port}
  ${mode === 'http' ? 'option forwardfor' : ''}
  server behind 127.0.0.1:${behind} ${server}
`
  return startServer('haproxy', ['-db', '-f', folder.write('haproxy.cfg', config)], port)
}

/** What stunnel shows, or what it checks the far end by. */
export type StunnelSide = (CertificateFiles & { readonly source: string }) | { readonly caFile: string }

/**
 * Starts stunnel before a server, which it tells clients' addresses by the PROXY protocol from a source of its own, or before such a
 * stunnel, to take TLS off or put it on.
 */
export async function startStunnel(behind: number, side: StunnelSide): Promise<Server> {
  const folder = new ServerFolder()
  const port = await freePort()
  const lines =
    'caFile' in side
      ? ['client = yes', `CAfile = ${side.caFile}`, 'verifyChain = yes']
      : [`cert = ${side.certFile}`, `key = ${side.keyFile}`, `local = ${side.source}`, 'protocol = proxy']
  const config = `
foreground = yes
pid =
[front]
accept = 127.0.0.1:${port}
connect = 127.0.0.1:${behind}
${lines.join('\n')}
`
  return startServer('stunnel4', [folder.write('stunnel.conf', config)], port)
}

/** Starts Caddy before a server of WebSockets. @param certificate If it is to take TLS off, and to choose HTTP/2 if that is offered. */
export async function startCaddy(behind: number, certificate?: CertificateFiles): Promise<Server> {
  const folder = new ServerFolder()
  const port = await freePort()
  const config = `
{
  admin off
  auto_https off
  storage file_system ${folder.path}
}
${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port} {
  ${certificate === undefined ? '' : `tls ${certificate.certFile} ${certificate.keyFile}`}
  reverse_proxy 127.0.0.1:${behind}
}
`
  const args = ['run', '--adapter', 'caddyfile', '--config', folder.write('Caddyfile', config)]
  return startServer('caddy', args, port)
}

/** Starts Apache before a server of WebSockets, which it connects to from an address of its own. */
export async function startApache(behind: number, source: string): Promise<Server> {
  const folder = new ServerFolder()
  const port = await freePort()
  const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'proxy_wstunnel']
  const config = `
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerRoot ${folder.path}
ServerName 127.0.0.1
PidFile ${folder.path}/pid
ErrorLog ${folder.path}/error.log
DefaultRuntimeDir ${folder.path}
Listen 127.0.0.1:${port}
ProxySourceAddress ${source}
ProxyPass "/" "http://127.0.0.1:${behind}/" upgrade=websocket
`
  return startServer('apache2', ['-DFOREGROUND', '-f', folder.write('apache.conf', config)], port)
}
