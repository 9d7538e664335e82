import { readFileSync } from 'node:fs'
import type { Certificate } from '../../../lab/certificates.js'
import type { LabHost } from '../../../lab/lab.js'
import { nginxArguments } from '../../../lab/servers/nginx-arguments.js'
import { freePort, type Server, ServerFolder, startServer } from '../../../lab/servers/server.js'

/**
 * Starts nginx on loopback or on a host of a lab: TLS outside, and inside WebSockets of one path for the server on
 * another port of its loopback.
 */
export async function startNginx(
  certificate: Certificate,
  path: string,
  behind: number,
  host?: LabHost,
): Promise<Server> {
  const folder = new ServerFolder()
  const port = await freePort()
  const args = nginxArguments(
    folder,
    `listen ${host?.ipv4 ?? '127.0.0.1'}:${port} ssl;
    ssl_certificate ${folder.write('cert.pem', certificate.cert)};
    ssl_certificate_key ${folder.write('key.pem', certificate.key)};
    location ${path} {
      proxy_pass http://127.0.0.1:${behind};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }`,
  )
  return startServer('nginx', args, port, host)
}

/** Starts nginx on a host of a lab, which shows a PAC file by TLS at /proxy.pac. `asked` tells how often it was asked for it. */
export async function startPacServer(
  certificate: Certificate,
  script: string,
  host: LabHost,
): Promise<Server & { asked(): number }> {
  const folder = new ServerFolder()
  const port = await freePort()
  folder.write('proxy.pac', script)
  const log = folder.write('asked.log', '')
  const args = nginxArguments(
    folder,
    `listen ${host.ipv4}:${port} ssl; access_log ${log}; root ${folder.path};
    ssl_certificate ${folder.write('cert.pem', certificate.cert)};
    ssl_certificate_key ${folder.write('key.pem', certificate.key)};`,
  )
  const server = await startServer('nginx', args, port, host)
  return { ...server, asked: () => readFileSync(log, 'utf8').split('GET /proxy.pac').length - 1 }
}

/** Ports at which nginx answers as networks do that ask for a login first, each in its way. */
export const PORTAL = { redirect: 80, status: 81, page: 82, secure: 443 } as const

/**
 * Starts nginx on a host of a lab, which sends visitors on to a login page, those of another address of its own as well, answers 511,
 * shows a page, and shows it by TLS.
 */
export async function startPortal(
  certificate: Certificate,
  page: string,
  host: LabHost,
  other: string,
): Promise<Server> {
  const folder = new ServerFolder()
  const { redirect, secure, ...others } = PORTAL
  const plain = [redirect, ...Object.values(others)].map((port) => `listen ${host.ipv4}:${port};`)
  const args = nginxArguments(
    folder,
    `${plain.join(' ')} listen ${other}:${redirect}; listen ${host.ipv4}:${secure} ssl; default_type text/html;
    ssl_certificate ${folder.write('cert.pem', certificate.cert)};
    ssl_certificate_key ${folder.write('key.pem', certificate.key)};
    if ($server_port = ${redirect}) { return 302 ${page}; }
    if ($server_port = ${PORTAL.status}) { return 511 'Log in'; }
    return 200 '<p>Log in</p>';`,
  )
  return startServer('nginx', args, redirect, host)
}
