import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import type { Certificate } from '../../../lab/certificates.js'
import type { LabHost } from '../../../lab/lab.js'
import { freePort, type Server, ServerFolder, startServer } from '../../../lab/servers/server.js'

/** Where Debian's package has the programs that check logins. */
const HELPERS = '/usr/lib/squid'
const REALM = 'Qanat test'

/** How a squid is to be. */
export interface SquidOptions {
  readonly login?: 'basic' | 'digest' | 'ntlm'
  readonly user?: string
  readonly password?: string
  /** What it shows to clients that speak TLS to it. */
  readonly certificate?: Certificate
  /** The ports that it connects to; all where absent. */
  readonly allowedPort?: number
  /** Whether it forbids CONNECT and allows all else; the other way round if absent. */
  readonly forbidsConnect?: boolean
  /** A host of a lab that it is to run on, with the port there; this host's loopback where absent. */
  readonly host?: LabHost
  readonly port?: number
}

/** Starts squid on loopback. It keeps nothing, and forwards CONNECT only or forbids it. */
export async function startSquid(options: SquidOptions = {}): Promise<Server> {
  const folder = new ServerFolder()
  const { certificate, allowedPort, host, port = await freePort() } = options
  const tls = certificate
    ? ` tls-cert=${folder.write('cert.pem', certificate.cert)} tls-key=${folder.write('key.pem', certificate.key)}`
    : ''
  const config = [
    `${certificate ? 'https_port' : 'http_port'} ${host?.ipv4 ?? '127.0.0.1'}:${port}${tls}`,
    'visible_hostname qanat-test',
    'pid_filename none',
    `cache_log ${folder.path}/cache.log`,
    'access_log none',
    'cache deny all',
    'cache_mem 8 MB',
    'max_filedescriptors 1024',
    'pinger_enable off',
    'shutdown_lifetime 0 seconds',
    'dns_nameservers 127.0.0.1',
    'acl tunnel method CONNECT',
    `http_access deny ${options.forbidsConnect === true ? '' : '!'}tunnel`,
    ...(allowedPort ? [`acl allowed port ${allowedPort}`, 'http_access deny !allowed'] : []),
    ...login(options, folder),
    `http_access ${options.login ? 'allow known' : 'allow all'}`,
    'http_access deny all',
  ]
  const file = folder.write('squid.conf', `${config.join('\n')}\n`)
  return startServer('squid', ['-N', '-n', `qanat${port}`, '-f', file], port, host)
}

function login({ login, user = 'user', password = '' }: SquidOptions, folder: ServerFolder): string[] {
  const known = 'acl known proxy_auth REQUIRED'
  if (login === 'basic') {
    const hash = execFileSync('openssl', ['passwd', '-apr1', '-stdin'], { input: password, encoding: 'utf8' })
    const file = folder.write('passwords', `${user}:${hash}`)
    return [
      `auth_param basic program ${HELPERS}/basic_ncsa_auth ${file}`,
      `auth_param basic realm ${REALM}`,
      known,
    ]
  }
  if (login === 'digest') {
    const hash = createHash('md5').update(`${user}:${REALM}:${password}`).digest('hex')
    const file = folder.write('passwords', `${user}:${REALM}:${hash}\n`)
    return [
      `auth_param digest program ${HELPERS}/digest_file_auth -c ${file}`,
      `auth_param digest realm ${REALM}`,
      known,
    ]
  }
  if (login === 'ntlm') return [`auth_param ntlm program ${HELPERS}/ntlm_fake_auth`, known]
  return []
}
